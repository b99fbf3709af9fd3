/*
 * The system calls of include/abi/call.h. Each is called for the program that this CPU runs, with the arguments that it
 * takes, interrupts off, on this CPU's kernel stack and in the program's address space; the entry (arch/) puts the result into
 * RAX. One that is to wait says so to the scheduler, returns its own number, and is called again from the start when the
 * program has been woken. system_call_table.S lists them by number.
 */
#ifndef KERNEL_USER_SYSTEM_CALL_H
#define KERNEL_USER_SYSTEM_CALL_H

#include <stdint.h>

int64_t call_none(void);

/* system_call.c */
int64_t call_exit(uint64_t code);
int64_t call_log_write(uint64_t text, uint64_t bytes);
int64_t call_clock(void);
int64_t call_sleep(uint64_t deadline_ns);
int64_t call_yield(void);
int64_t call_process_id(void);
int64_t call_cpu_number(void);
int64_t call_echo(void);

/* system_call_process.c */
int64_t call_spawn(uint64_t command, uint64_t bytes, uint64_t cpu);
int64_t call_wait(uint64_t id, uint64_t end);
int64_t call_kill(uint64_t id);
int64_t call_run_on(uint64_t cpu);
int64_t call_on_fault(uint64_t handler, uint64_t stack);
int64_t call_resume(uint64_t fault);
int64_t call_set_bases(uint64_t fs, uint64_t gs);

/* system_call_memory.c */
int64_t call_map(uint64_t address, uint64_t bytes, uint64_t rights);
int64_t call_unmap(uint64_t address, uint64_t bytes);
int64_t call_protect(uint64_t address, uint64_t bytes, uint64_t rights);

#endif
