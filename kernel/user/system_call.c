/* The system calls that are a few lines: see kernel/user/system_call.h. */
#include "kernel/user/system_call.h"

#include "abi/call.h"
#include "abi/error.h"
#include "arch/cpu.h"
#include "kernel/log.h"
#include "kernel/time/clock.h"
#include "kernel/user/process.h"
#include "kernel/user/scheduler.h"
#include "kernel/user/user_memory.h"

#define LINE_MAX 160 /* longer ones go on in the next */

int64_t call_none(void) { return FL_NO_SUCH_CALL; }

int64_t call_exit(uint64_t code)
{
    const struct fl_end end = {.reason = FL_END_EXIT, .code = (int32_t)code};

    process_end_current(&end);
    return 0;
}

/* What would move a terminal's cursor or look like another's line is shown as a question mark. */
static void log_line(const struct process *process, char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((uint8_t)text[i] < ' ' || text[i] == 0x7f)
            text[i] = '?';
    log_info("%s[%lu]: %.*s", process->program->name, process->id, (int)length, text);
}

int64_t call_log_write(uint64_t text, uint64_t bytes)
{
    char copy[FL_LOG_MAX];
    size_t start = 0;

    if (bytes > sizeof(copy))
        return FL_BAD_ARGUMENT;
    if (!user_read(copy, text, bytes))
        return FL_BAD_ADDRESS;
    for (size_t at = 0; at < bytes; at++) {
        bool ends = copy[at] == '\n';

        if (!ends && at + 1 < bytes && at + 1 - start < LINE_MAX)
            continue;
        log_line(process_current(), copy + start, at + !ends - start);
        start = at + 1;
    }
    return 0;
}

int64_t call_clock(void) { return (int64_t)clock_now_ns(); }

int64_t call_sleep(uint64_t deadline_ns)
{
    struct process *process = process_current();

    if (!clock_is_known() || clock_now_ns() >= deadline_ns)
        return 0;
    scheduler_block(process);
    timer_set(&process->alarm, deadline_ns);
    return FL_CALL_SLEEP;
}

int64_t call_yield(void)
{
    scheduler_yield();
    return 0;
}

int64_t call_process_id(void) { return (int64_t)process_current()->id; }

int64_t call_cpu_number(void) { return cpu_self()->id; }

int64_t call_echo(void)
{
    const struct process *process = process_current();

    arch_user_add_one(process->user);
    return (int64_t)arch_user_call_number(process->user) + 1;
}
