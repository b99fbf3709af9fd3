/*
 * All that a program needs: the system calls of include/abi as functions, and a few helpers for text. Header only;
 * with crt0.S and program.lds it makes a program of a main(). Each function is described at its number in
 * abi/call.h; a negative result is a reason of abi/error.h.
 */
#ifndef FAULTLINE_H
#define FAULTLINE_H

#include <stddef.h>
#include <stdint.h>

#include "abi/call.h"
#include "abi/error.h"
#include "abi/fault.h"
#include "abi/process.h"
#include "abi/start.h"

static inline int64_t fl_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
    int64_t result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

__attribute__((noreturn)) static inline void fl_exit(int code)
{
    fl_call(FL_CALL_EXIT, (uint64_t)code, 0, 0);
    __builtin_trap();
}

static inline int64_t fl_log_write(const char *text, size_t bytes)
{
    return fl_call(FL_CALL_LOG_WRITE, (uintptr_t)text, bytes, 0);
}

static inline uint64_t fl_clock(void) { return (uint64_t)fl_call(FL_CALL_CLOCK, 0, 0, 0); }

static inline int64_t fl_sleep(uint64_t deadline_ns)
{
    return fl_call(FL_CALL_SLEEP, deadline_ns, 0, 0);
}

static inline int64_t fl_yield(void) { return fl_call(FL_CALL_YIELD, 0, 0, 0); }

static inline int64_t fl_process_id(void) { return fl_call(FL_CALL_PROCESS_ID, 0, 0, 0); }

static inline int64_t fl_spawn(const char *command, size_t bytes, int64_t cpu)
{
    return fl_call(FL_CALL_SPAWN, (uintptr_t)command, bytes, (uint64_t)cpu);
}

static inline int64_t fl_wait(int64_t id, struct fl_end *end)
{
    return fl_call(FL_CALL_WAIT, (uint64_t)id, (uintptr_t)end, 0);
}

static inline int64_t fl_kill(int64_t id) { return fl_call(FL_CALL_KILL, (uint64_t)id, 0, 0); }

static inline int64_t fl_map(void *address, size_t bytes, unsigned rights)
{
    return fl_call(FL_CALL_MAP, (uintptr_t)address, bytes, rights);
}

static inline int64_t fl_unmap(void *address, size_t bytes)
{
    return fl_call(FL_CALL_UNMAP, (uintptr_t)address, bytes, 0);
}

static inline int64_t fl_protect(void *address, size_t bytes, unsigned rights)
{
    return fl_call(FL_CALL_PROTECT, (uintptr_t)address, bytes, rights);
}

static inline int64_t fl_cpu_number(void) { return fl_call(FL_CALL_CPU_NUMBER, 0, 0, 0); }

static inline int64_t fl_on_fault(void (*handler)(struct fl_fault *fault), void *stack_end)
{
    return fl_call(FL_CALL_ON_FAULT, (uintptr_t)handler, (uintptr_t)stack_end, 0);
}

static inline int64_t fl_resume(const struct fl_fault *fault)
{
    return fl_call(FL_CALL_RESUME, (uintptr_t)fault, 0, 0);
}

static inline int64_t fl_run_on(int64_t cpu)
{
    return fl_call(FL_CALL_RUN_ON, (uint64_t)cpu, 0, 0);
}

static inline int64_t fl_set_bases(void *fs, void *gs)
{
    return fl_call(FL_CALL_SET_BASES, (uintptr_t)fs, (uintptr_t)gs, 0);
}

static inline size_t fl_length(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0')
        length++;
    return length;
}

/* One line of text for the kernel's log. */
static inline void fl_say(const char *text) { fl_log_write(text, fl_length(text)); }

#endif
