/* What the self-tests and the bench ask of the machine. */
#include "arch/trap.h"

#include "arch/cpu.h"
#include "arch/timer.h"
#include "x86/exceptions.h"
#include "x86/lapic.h"
#include "x86/registers.h"

void arch_send_nmi_to_self(void) { lapic_send_self(LAPIC_NMI, X86_EXC_NMI); }

void arch_nmi_set_handler(trap_handler_t *handler) { trap_set_handler(X86_EXC_NMI, handler); }

#define NOT_MAPPED  ((vaddr_t)0x10)
#define MARK_IN_CR2 UINT64_C(0x1234567000)

static unsigned nmi_level, nmi_deepest, nmi_calls;

/* The probe faults and comes back, which with IRETQ would let the next NMI in at once. */
static void nmi_with_probe(struct trap_frame *frame)
{
    uint64_t word;

    (void)frame;
    nmi_calls++;
    if (++nmi_level > nmi_deepest)
        nmi_deepest = nmi_level;
    if (nmi_calls == 1 && arch_probe_read(&word, NOT_MAPPED, sizeof(word)) == sizeof(word)) {
        arch_send_nmi_to_self();
        for (unsigned spins = 0; spins < 1000; spins++)
            arch_cpu_relax();
    }
    nmi_level--;
}

bool arch_nmi_keeps_its_frame(void)
{
    trap_handler_t *before = trap_set_handler(X86_EXC_NMI, nmi_with_probe);
    bool kept;

    nmi_calls = nmi_deepest = 0;
    x86_write_cr2(MARK_IN_CR2);
    arch_send_nmi_to_self();
    for (unsigned spins = 0; nmi_calls < 2 && spins < 100000; spins++)
        arch_cpu_relax();
    kept = nmi_calls == 2 && nmi_deepest == 1 && x86_read_cr2() == MARK_IN_CR2;
    trap_set_handler(X86_EXC_NMI, before);
    return kept;
}

/* probe.S: loads every general register with a value of its own, executes INT3, and counts those
 * that changed. */
unsigned probe_breakpoint(void);

bool arch_breakpoint_keeps_registers(void) { return probe_breakpoint() == 0; }

unsigned arch_send_all_vectors(unsigned first)
{
    unsigned arrived = 0;

    for (unsigned vector = first; vector < TRAP_VECTOR_COUNT; vector++) {
        uint32_t before = arch_irq_unexpected_count(vector);

        lapic_send_self(LAPIC_FIXED, vector);
        for (unsigned spins = 0; arch_irq_unexpected_count(vector) == before && spins < 1000;
             spins++)
            arch_cpu_relax();
        arrived += arch_irq_unexpected_count(vector) - before;
    }
    return arrived;
}

#define PERIODIC_COUNTS_MAX                                                                        \
    UINT64_C(20000000000) /* some seconds, for an interrupt that does not come */

static volatile unsigned periodic_interrupts;

static void count_interrupt(struct trap_frame *frame)
{
    (void)frame;
    periodic_interrupts++;
    lapic_eoi();
}

/* False when the interrupts do not come. */
static bool wait_for_interrupts(unsigned interrupts)
{
    uint64_t start = arch_timestamp();

    while (periodic_interrupts < interrupts)
        if (arch_timestamp() - start > PERIODIC_COUNTS_MAX)
            return false;
    return true;
}

/* From the first interrupt on. */
uint64_t arch_time_periodic_interrupts(uint64_t period_ns, unsigned interrupts)
{
    trap_handler_t *before = trap_set_handler(VECTOR_LAPIC_TIMER, count_interrupt);
    irq_state_t state = arch_irq_save();
    uint64_t start, taken = 0;

    periodic_interrupts = 0;
    arch_timer_start_periodic_cpu(period_ns);
    arch_irq_restore(state);
    if (wait_for_interrupts(1)) {
        start = arch_timestamp();
        taken = wait_for_interrupts(interrupts + 1) ? arch_timestamp() - start : 0;
    }
    state = arch_irq_save();
    arch_timer_init_cpu();
    trap_set_handler(VECTOR_LAPIC_TIMER, before);
    arch_irq_restore(state);
    return taken;
}

static void write_flags(uint64_t flags)
{
    __asm__ volatile("push %0; popfq" : : "r"(flags) : "memory", "cc");
}

/* POPF sets AC where there is no STAC, too; entries to the kernel clear it, and their IRET brings it back. */
size_t arch_probe_user(void *to, vaddr_t from, size_t bytes)
{
    uint64_t flags;
    size_t left;

    __asm__ volatile("pushfq; pop %0" : "=r"(flags) : : "memory");
    write_flags(flags | RFLAGS_AC);
    left = arch_probe_read(to, from, bytes);
    write_flags(flags);
    return left;
}

static void do_nothing(struct trap_frame *frame) { (void)frame; }

trap_handler_t *arch_bench_begin(void) { return trap_set_handler(X86_EXC_BP, do_nothing); }

void arch_bench_end(trap_handler_t *before) { trap_set_handler(X86_EXC_BP, before); }

void arch_bench_breakpoint(void) { __asm__ volatile("int3"); }

void arch_bench_timer_interrupt(void) { __asm__ volatile("int %0" : : "i"(VECTOR_LAPIC_TIMER)); }
