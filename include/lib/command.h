/*
 * What starts a program: `NAME:ARGUMENT:ARGUMENT`, as an option of the boot or a program's call gives it. And the
 * stack that the program finds it on (include/abi/start.h). Pure: no hardware, no allocation.
 */
#ifndef LIB_COMMAND_H
#define LIB_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/slice.h"
#include "lib/types.h"

#define COMMAND_BYTES_MAX     511
#define COMMAND_NAME_MAX      47
#define COMMAND_ARGUMENTS_MAX 16 /* the name is one of them */

/*
 * NULL when a program can be started by this text; else a plain constant sentence that says why not. The name
 * must be printable and have no blank, the arguments may be empty and hold any byte but NUL and a colon.
 */
const char *command_check(struct slice command);

/* The part before the first colon. */
struct slice command_name(struct slice command);

/*
 * Writes argc, argv and the arguments' texts to the end of a zeroed page, whose end the program will know as
 * `page_end`. Returns the stack pointer for its first instruction. The command must have passed
 * command_check(): then one page always suffices.
 */
vaddr_t command_write_stack(struct slice command, uint8_t page[PAGE_SIZE], vaddr_t page_end);

#endif
