/*
 * System calls, as a program makes them: `syscall` with the number in RAX and up to six arguments in
 * RDI, RSI, RDX, R10, R8, R9. The result is in RAX: 0 or more, or a negative number of abi/error.h.
 * RCX and R11 are lost, as the instruction itself demands (SDM vol. 2B, SYSCALL); every other register
 * and the flags come back as they were. All 64 bits of RAX count: a number that is not in this list is
 * FL_NO_SUCH_CALL. An address that the program may not use in that way is FL_BAD_ADDRESS, and what
 * lies at it was then neither read nor written in part that anybody could tell.
 *
 * Numbers are for ever: new calls are added, none changes its meaning.
 */
#ifndef ABI_CALL_H
#define ABI_CALL_H

/* exit(code): ends this program; wait() gives the low 32 bits of the code to its parent. Does not return. */
#define FL_CALL_EXIT 0
/* log_write(text, bytes): lines for the kernel's log, FL_LOG_MAX bytes at most. Gives 0. */
#define FL_CALL_LOG_WRITE 1
/* clock(): nanoseconds since the kernel was entered. */
#define FL_CALL_CLOCK 2
/* sleep(deadline): until clock() has come to that many nanoseconds; at once when it has. Gives 0. */
#define FL_CALL_SLEEP 3
/* yield(): lets others run on this CPU first. Gives 0. */
#define FL_CALL_YIELD 4
/* process_id(): this program's, 1 or more; none is used twice. */
#define FL_CALL_PROCESS_ID 5
/* spawn(command, bytes, cpu): starts `NAME:ARGUMENT:ARGUMENT` (abi/start.h) on that CPU or FL_ANY_CPU.
 * Gives its id, or FL_NOT_FOUND, FL_BAD_ARGUMENT, FL_NO_MEMORY, FL_TOO_MANY. */
#define FL_CALL_SPAWN 6
/* wait(id, &fl_end): until that child, or with id 0 any child, has ended. Gives its id, or
 * FL_NOT_FOUND when there is no such child. */
#define FL_CALL_WAIT 7
/* kill(id): ends a child, or a child's child. Gives 0 or FL_NOT_FOUND. */
#define FL_CALL_KILL 8
/* map(address, bytes, rights): zeroed memory there, both multiples of the page size; rights of FL_MAP_*. A page is
 * taken when it is first used: a program for which there is none ends then. Gives 0, or FL_ALREADY_MAPPED, FL_BAD_ARGUMENT, FL_NOT_ALLOWED
 * for memory both writable and executable, FL_TOO_MANY when it has too many parts; nothing is mapped then. */
#define FL_CALL_MAP 9
/* unmap(address, bytes): gives memory back, whatever of it is mapped. Gives 0, FL_BAD_ARGUMENT or FL_TOO_MANY. */
#define FL_CALL_UNMAP 10
/* protect(address, bytes, rights): changes rights. Gives 0, FL_NOT_FOUND when a part is not mapped, FL_TOO_MANY, or
 * FL_NOT_ALLOWED: for memory both writable and executable, and for what is shared with other instances of the program, its
 * text and constants. */
#define FL_CALL_PROTECT 11
/* cpu_number(): the CPU that this program ran on a moment ago. */
#define FL_CALL_CPU_NUMBER 12
/* on_fault(handler, stack): the program's own exceptions #DE, #BP, #UD, #GP, #PF go to it (abi/fault.h);
 * handler 0: they end the program again. Gives 0 or FL_BAD_ADDRESS. */
#define FL_CALL_ON_FAULT 13
/* resume(&fl_fault): goes on as that frame says, the handler is ready again. Returns only to say why not:
 * FL_BAD_ADDRESS. */
#define FL_CALL_RESUME 14
/* run_on(cpu): from now on only on that CPU, or FL_ANY_CPU. Gives 0 or FL_NOT_FOUND. */
#define FL_CALL_RUN_ON 15
/* set_bases(fs, gs): where FS and GS point from now on, both 0 at the start. Gives 0 or FL_BAD_ADDRESS. */
#define FL_CALL_SET_BASES 16

/* Ten numbers that do the same: RAX, RDI, RSI, RDX, R10, R8 and R9 each come back one higher. */
#define FL_CALL_ECHO_FIRST 70
#define FL_CALL_ECHO_LAST  79

#define FL_LOG_MAX 512
#define FL_ANY_CPU (-1)

/* What is mapped can be read. Writing and executing exclude each other. */
#define FL_MAP_WRITE   1
#define FL_MAP_EXECUTE 2

#endif
