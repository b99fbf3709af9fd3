/*
 * How a program finds the world at its first instruction.
 *
 *   RIP      the entry point of its file
 *   RSP      a multiple of 16, and what it points at:
 *
 *              +0                argc, 64 bits: 1 to FL_ARGUMENTS_MAX
 *              +8                argv[0], the name that it was started by
 *              +16 ...           argv[1] and so on
 *              +8 * (argc + 1)   0
 *              ...               the texts that argv points at, each with a NUL; nothing else
 *
 *   RFLAGS   interrupts enabled, and nothing set that a program could set
 *   others   0: general registers, vector and x87 registers as after a reset, FS and GS base
 *
 * The stack ends where the user half ends, has FL_STACK_BYTES and an unmapped page below it; it and
 * everything else that no file filled is zero. Segments have the rights that their headers say, and none is
 * writable and executable. Nothing else is mapped, page 0 least of all.
 */
#ifndef ABI_START_H
#define ABI_START_H

#define FL_STACK_BYTES   0x10000
#define FL_ARGUMENTS_MAX 16
/* A command `NAME:ARGUMENT:ARGUMENT`: so many bytes at most, and of these the name. */
#define FL_COMMAND_MAX 511
#define FL_NAME_MAX    47

#endif
