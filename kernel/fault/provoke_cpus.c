/* Faults that take two CPUs: they wait for one another in vain, or fault at the same time. */
#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/smp.h"
#include "arch/trap.h"
#include "kernel/cpu_call.h"
#include "kernel/fault_menu.h"
#include "kernel/panic.h"
#include "kernel/patience.h"
#include "kernel/spinlock.h"
#include "kernel/time/clock.h"
#include "lib/compiler.h"

/* Any other CPU; where there is none, the entries are not offered. */
static struct cpu *other_cpu(void)
{
    struct cpu *next = cpu_next(cpu_self());

    return next ? next : cpu_next(NULL);
}

static const char *lacks_second_cpu(void) { return cpu_count() > 1 ? NULL : "it has one CPU"; }

static atomic_uint arrived;

/* Until so many CPUs have come here. */
static void meet(unsigned count)
{
    atomic_fetch_add(&arrived, 1);
    while (atomic_load(&arrived) < count)
        arch_cpu_relax();
}

/* Longer than the watchdog waits, and no longer than it needs to see that. */
static void take_no_interrupts(void)
{
    irq_state_t state = arch_irq_save();
    uint64_t until = clock_now_ns() + patience_ns() * 2;

    while (clock_now_ns() < until) /* fault: no-interrupts */
        ;
    arch_irq_restore(state);
}

static struct spinlock first = SPINLOCK("first", 0), second = SPINLOCK("second", 0);

static void take_second_then_first(void *unused)
{
    irq_state_t state = spinlock_acquire(&second);

    (void)unused;
    meet(2);
    spinlock_release(&first, spinlock_acquire(&first));
    spinlock_release(&second, state);
}

static void deadlock(void)
{
    struct cpu_request request = {.function = take_second_then_first};
    irq_state_t state;

    cpu_run_begin(other_cpu(), &request);
    state = spinlock_acquire(&first);
    meet(2);
    spinlock_release(&second, spinlock_acquire(&second)); /* fault: deadlock */
    spinlock_release(&first, state);
    cpu_run_wait(&request);
}

static void stop_dead(void *unused)
{
    (void)unused;
    arch_irq_disable();
    meet(2);
    arch_cpu_stop();
}

/* Its answer is needed before a page that was taken away may be used for something else. */
static void flush_with_dead_cpu(void)
{
    struct cpu_request request = {.function = stop_dead};

    cpu_run_begin(other_cpu(), &request);
    meet(2);
    arch_tlb_flush(&kernel_space, (vaddr_t)&arrived, PAGE_SIZE); /* fault: dead-cpu */
}

static volatile uint64_t *volatile member_of_null = (volatile uint64_t *)0x10;
static struct cpu *second_to_fault;

/* In an NMI's handler no other NMI can stop this CPU: so its fault comes for sure while the other one reports. */
static void write_when_stopping(struct trap_frame *frame)
{
    if (cpu_self() != second_to_fault)
        arch_smp_stop_here(frame);
    meet(2);
    while (!arch_smp_is_stopping())
        arch_cpu_relax();
    *member_of_null = 0;
}

static void fault_second(void *unused)
{
    (void)unused;
    second_to_fault = cpu_self();
    arch_nmi_set_handler(write_when_stopping);
    arch_send_nmi_to_self();
}

static void fault_on_two(void)
{
    struct cpu_request request = {.function = fault_second};

    cpu_run_begin(other_cpu(), &request);
    meet(2);
    *member_of_null = 0; /* fault: two-faults */
}

static void spin_masked(void *unused)
{
    (void)unused;
    arch_irq_disable();
    meet(cpu_count());
    for (;;)
        arch_cpu_relax();
}

static void panic_with_all_masked(void)
{
    struct cpu_request request = {.function = spin_masked};

    for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        if (cpu != cpu_self())
            cpu_run_begin(cpu, &request);
    meet(cpu_count());
    panic("all other CPUs spin with interrupts off"); /* fault: all-masked */
}

static const struct fault_menu_entry entries[] = {
    {"no-interrupts", "a CPU keeps its interrupts off for too long; execution goes on",
     take_no_interrupts, true, lacks_second_cpu},
    {"deadlock", "two CPUs wait for each other's lock", deadlock, true, lacks_second_cpu},
    {"dead-cpu", "a CPU that others wait for has stopped", flush_with_dead_cpu, true,
     lacks_second_cpu},
    {"two-faults", "two CPUs fault at the same time", fault_on_two, true, lacks_second_cpu},
    {"all-masked", "a panic while every other CPU spins with interrupts off", panic_with_all_masked,
     true, lacks_second_cpu},
};

const struct fault_menu cpu_fault_menu = {entries, ARRAY_COUNT(entries)};
