/* System calls about other processes, and about how this one goes on. */
#include "abi/call.h"
#include "abi/error.h"
#include "abi/fault.h"
#include "arch/cpu.h"
#include "kernel/user/process.h"
#include "kernel/user/scheduler.h"
#include "kernel/user/system_call.h"
#include "kernel/user/user_memory.h"

/* FL_ANY_CPU is NULL; false when there is no such CPU. */
static bool find_cpu(uint64_t number, struct cpu **cpu)
{
    *cpu = number < CPUS_MAX ? cpu_by_id((unsigned)number) : NULL;
    return *cpu || number == (uint64_t)FL_ANY_CPU;
}

/* Takes long, and no lock: interrupts may come. */
int64_t call_spawn(uint64_t command, uint64_t bytes, uint64_t cpu)
{
    char text[FL_COMMAND_MAX];
    struct cpu *wanted;
    uint64_t id;
    status_t status;

    if (bytes > sizeof(text) || !find_cpu(cpu, &wanted))
        return FL_BAD_ARGUMENT;
    if (!user_read(text, command, bytes))
        return FL_BAD_ADDRESS;
    arch_irq_enable();
    status = process_start(process_current(), (struct slice){text, bytes}, wanted, &id);
    arch_irq_disable();
    return status == STATUS_OK ? (int64_t)id : status;
}

/* Written once before anything is asked: what cannot be written later would be lost. All of it is the program's or nothing
 * is written. */
int64_t call_wait(uint64_t id, uint64_t end)
{
    struct process *process = process_current();
    struct fl_end how = {0};
    int64_t child;

    if (!region_list_covers(&process->regions, end, sizeof(how), MMU_WRITE) ||
        !user_write(end, &how, sizeof(how)))
        return FL_BAD_ADDRESS;
    child = process_wait(process, id, &how);
    if (child == 0)
        return FL_CALL_WAIT;
    if (child > 0)
        user_write(end, &how, sizeof(how));
    return child;
}

int64_t call_kill(uint64_t id) { return process_kill(process_current(), id); }

int64_t call_run_on(uint64_t cpu)
{
    struct cpu *wanted;

    if (!find_cpu(cpu, &wanted))
        return FL_NOT_FOUND;
    process_current()->wanted = wanted;
    if (wanted && wanted != cpu_self())
        scheduler_yield();
    return 0;
}

int64_t call_on_fault(uint64_t handler, uint64_t stack)
{
    struct process *process = process_current();

    if (handler >= USER_END || stack > USER_END)
        return FL_BAD_ADDRESS;
    process->handler = handler;
    process->handler_stack = stack;
    return 0;
}

/* RAX is one of the registers that come from the frame. */
int64_t call_resume(uint64_t fault)
{
    struct process *process = process_current();
    struct fl_fault frame;

    if (!user_read(&frame, fault, sizeof(frame)) ||
        arch_user_resume(process->user, &frame) != STATUS_OK)
        return FL_BAD_ADDRESS;
    process->in_handler = false;
    return (int64_t)frame.rax;
}

int64_t call_set_bases(uint64_t fs, uint64_t gs)
{
    if (fs >= USER_END || gs >= USER_END)
        return FL_BAD_ADDRESS;
    arch_user_set_bases(process_current()->user, fs, gs);
    return 0;
}
