/* Self-tests: each is a function that says in the log what it found and returns whether that was
 * right. */
#include "kernel/selftest.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/timer.h"
#include "arch/trap.h"
#include "cpu_selftest.h"
#include "kernel/audit.h"
#include "kernel/log.h"
#include "kernel/spinlock.h"
#include "kernel/time/clock.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "log/screen.h"
#include "mm/memory_selftest.h"
#include "time/time_selftest.h"
#include "user/program_selftest.h"

#define TICKS     1000
#define FIRST_IRQ 32

#define BURST_LINES       1000
#define NS_PER_PICTURE    16000000
#define DRAWN_AFTER_TICKS 4

static bool test_breakpoint(void) { return arch_breakpoint_keeps_registers(); }

/* A lock masks interrupts while it is held, gives back what it found, and knows its owner. */
static bool test_locks(void)
{
    struct spinlock outer = SPINLOCK("outer", 1), inner = SPINLOCK("inner", 2);
    irq_state_t first = spinlock_acquire(&outer), second;
    bool well = !arch_irq_enabled() && outer.owner == cpu_self();

    second = spinlock_acquire(&inner);
    spinlock_release(&inner, second);
    well = well && !arch_irq_enabled() && inner.owner == NULL;
    spinlock_release(&outer, first);
    return well && arch_irq_enabled() && outer.owner == NULL;
}

/* What an exploit would do first is found by the check at the end of the boot. */
static bool test_control(void)
{
    irq_state_t state = arch_irq_save();
    bool noticed = arch_cpu_verify_notices();

    arch_irq_restore(state);
    return noticed;
}

static uint64_t ticks_taken(void) { return cpu_self()->tick.taken; }

static void wait_for_tick(void)
{
    uint64_t before = ticks_taken();

    arch_irq_disable(); /* a tick between the check and the HLT would be slept through */
    while (ticks_taken() == before) {
        arch_cpu_idle();
        arch_irq_disable();
    }
    arch_irq_enable();
}

/* 1,000 ticks take 10 s by another clock, within 1 %. That goes round within 5 s maybe, so it is read at every tick. */
static bool test_timer(void)
{
    const struct reference_clock *reference = arch_clock_reference(0);
    uint64_t counted = 0, wanted;
    uint32_t before, now;

    if (!reference) {
        log_info("selftest timer: there is no other clock");
        return true;
    }
    wait_for_tick();
    before = reference->read();
    for (unsigned i = 0; i < TICKS; i++) {
        wait_for_tick();
        now = reference->read();
        counted += (now - before) & reference->mask;
        before = now;
    }
    wanted = reference->hz * TICKS / TICK_HZ;
    log_info("selftest timer: %u ticks at %u Hz took %lu ms", TICKS, TICK_HZ,
             (unsigned long)(counted * 1000 / reference->hz));
    return counted > wanted - wanted / 100 && counted < wanted + wanted / 100;
}

/* Every vector arrives, is counted and named, and blocks none of the others; the LAPIC's own three,
 * and the one by which CPUs ask one another, have handlers. */
static bool test_vectors(void)
{
    unsigned wanted = TRAP_VECTOR_COUNT - FIRST_IRQ - 4, arrived;
    uint64_t ticks = ticks_taken(), errors = cpu_self()->lapic_error_count;
    uint64_t spurious = cpu_self()->spurious_count;

    arrived = arch_send_all_vectors(FIRST_IRQ);
    wait_for_tick();
    log_info("selftest vectors: %u of %u unexpected interrupts counted", arrived, wanted);
    return arrived == wanted && ticks_taken() > ticks &&
           cpu_self()->lapic_error_count == errors + 1 &&
           cpu_self()->spurious_count == spurious + 1;
}

static bool test_nmi(void)
{
    uint64_t before = cpu_self()->nmi_count;

    arch_send_nmi_to_self();
    for (unsigned spins = 0; cpu_self()->nmi_count == before && spins < 100000; spins++)
        arch_cpu_relax();
    return cpu_self()->nmi_count == before + 1;
}

/* Chosen at the entry, with a 0 that ends strings. */
static bool test_canary(void)
{
    uintptr_t canary = cpu_self()->stack_canary;

    return canary != 0 && (canary & 0xff) == 0;
}

static bool test_nested_nmi(void) { return arch_nmi_keeps_its_frame(); }

/* What can be read is copied, up to the first byte that cannot. */
static bool test_probe(void)
{
    const struct stack *stack = &cpu_self()->stacks[STACK_MAIN];
    uint8_t bytes[16];
    uint64_t copy = 0, original = 0x5eed;

    return arch_probe_read(&copy, (vaddr_t)&original, sizeof(copy)) == 0 && copy == original &&
           arch_probe_read(bytes, stack->high - 4, sizeof(bytes)) == sizeof(bytes) - 4 &&
           arch_probe_read(bytes, 0, sizeof(bytes)) == sizeof(bytes) &&
           arch_probe_read(bytes, UINT64_C(1) << 63, sizeof(bytes)) == sizeof(bytes);
}

static void wait_for_drawing(void)
{
    for (unsigned i = 0; i < DRAWN_AFTER_TICKS; i++)
        wait_for_tick();
}

/* Interrupts masked: nothing is drawn, not even by an INT instruction's way out; and all of it soon after
 * they are enabled. */
static bool drawing_waits_for_interrupts(void)
{
    irq_state_t state;
    uint64_t before;
    trap_handler_t *handler;
    bool waits;

    wait_for_drawing(); /* so that only the mask can put it off */
    state = arch_irq_save();
    before = screen_drawing_count();
    log_info("selftest screen: a line that is logged while interrupts are masked");
    handler = arch_bench_begin();
    arch_bench_timer_interrupt();
    arch_bench_end(handler);
    waits = screen_drawing_count() == before;
    arch_irq_restore(state);
    wait_for_drawing();
    return waits && screen_drawing_count() > before;
}

/* As many pictures as a display can show in that time, however many the lines. */
static bool test_screen(void)
{
    uint64_t began = clock_now_ns(), before = screen_drawing_count(), pictures, most;

    if (before == 0) {
        log_info("selftest screen: there is none");
        return true;
    }
    for (unsigned i = 0; i < BURST_LINES; i++)
        log_info("selftest screen: line %u of a burst: \u2588\u2593\u2592\u2591 \u00e4\u03a9\u2620",
                 i);
    pictures = screen_drawing_count() - before;
    most = (clock_now_ns() - began) / NS_PER_PICTURE + 2;
    log_info("selftest screen: %u lines, %lu pictures of %lu in that time", BURST_LINES, pictures,
             most);
    return drawing_waits_for_interrupts() && pictures > 0 && pictures <= most;
}

static const struct {
    const char *name;
    bool (*run)(void);
} selftests[] = {
    {"breakpoint", test_breakpoint},
    {"locks", test_locks},
    {"control", test_control},
    {"nmi", test_nmi},
    {"vectors", test_vectors},
    {"timer", test_timer},
    {"screen", test_screen},
    {"nested-nmi", test_nested_nmi},
    {"probe", test_probe},
    {"canary", test_canary},
    {"audit", memory_selftest_audit},
    {"memory", memory_selftest},
    {"cpus", cpu_selftest},
    {"shootdown", memory_selftest_shootdown},
    {"acpi-memory", memory_selftest_acpi},
    {"programs", program_selftest},
    {"time", time_selftest},
    {"drift", time_selftest_drift},
    {"lost-ticks", time_selftest_lost_ticks},
};

bool selftest_run(const char *name)
{
    bool all_passed = true, found = false;

    for (unsigned i = 0; i < ARRAY_COUNT(selftests); i++) {
        bool passed;

        if (strcmp(name, "all") != 0 && strcmp(name, selftests[i].name) != 0)
            continue;
        found = true;
        passed = selftests[i].run();
        passed = audit_run() && passed;
        log_write(passed ? LOG_INFO : LOG_ERROR, "selftest %s: %s", selftests[i].name,
                  passed ? "passed" : "FAILED");
        all_passed = all_passed && passed;
    }
    if (!found)
        log_error("selftest=%s: there is no such self-test", name);
    return found && all_passed;
}
