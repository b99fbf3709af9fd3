/* The numbers that programs were compiled with (include/abi) and those that the kernel goes by are the same. */
#include "abi/error.h"
#include "abi/fault.h"
#include "abi/process.h"
#include "abi/start.h"
#include "boot/boot_info.h"
#include "kernel/address_map.h"
#include "lib/command.h"
#include "lib/status.h"

_Static_assert(FL_NO_MEMORY == ERR_NO_MEMORY, "abi/error.h");
_Static_assert(FL_BAD_ARGUMENT == ERR_BAD_ARGUMENT, "abi/error.h");
_Static_assert(FL_BAD_ADDRESS == ERR_BAD_ADDRESS, "abi/error.h");
_Static_assert(FL_ALREADY_MAPPED == ERR_ALREADY_MAPPED, "abi/error.h");
_Static_assert(FL_NOT_FOUND == ERR_NOT_FOUND, "abi/error.h");
_Static_assert(FL_NO_SUCH_CALL == ERR_NO_SUCH_CALL, "abi/error.h");
_Static_assert(FL_NOT_ALLOWED == ERR_NOT_ALLOWED, "abi/error.h");
_Static_assert(FL_TOO_MANY == ERR_TOO_MANY, "abi/error.h");

_Static_assert(FL_STACK_BYTES == USER_END - USER_STACK_START, "abi/start.h");
_Static_assert(FL_ARGUMENTS_MAX == COMMAND_ARGUMENTS_MAX, "abi/start.h");
_Static_assert(FL_COMMAND_MAX == COMMAND_BYTES_MAX, "abi/start.h");
_Static_assert(FL_NAME_MAX == COMMAND_NAME_MAX, "abi/start.h");
_Static_assert(FL_NAME_MAX == BOOT_PROGRAM_NAME_MAX, "every file can be named");

_Static_assert(sizeof(struct fl_fault) == 176, "abi/fault.h");
_Static_assert(offsetof(struct fl_fault, rip) == 120, "abi/fault.h");
_Static_assert(sizeof(struct fl_end) == 24, "abi/process.h");
