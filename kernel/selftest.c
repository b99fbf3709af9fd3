/* Self-tests: each is a function that says in the log what it found and returns whether that was
 * right. */
#include "kernel/selftest.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/timer.h"
#include "arch/trap.h"
#include "kernel/log.h"
#include "kernel/spinlock.h"
#include "lib/compiler.h"
#include "lib/string.h"

#define TICKS     1000
#define TICKS_HZ  100
#define FIRST_IRQ 32

static bool test_breakpoint(void) { return arch_breakpoint_keeps_registers(); }

/* A lock masks interrupts while it is held, gives back what it found, and knows its owner. */
static bool test_locks(void)
{
    struct spinlock outer = {NULL}, inner = {NULL};
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

static void wait_for_tick(void)
{
    uint64_t before = cpu_self()->ticks;

    arch_irq_disable(); /* a tick between the check and the HLT would be slept through */
    while (cpu_self()->ticks == before) {
        arch_cpu_idle();
        arch_irq_disable();
    }
    arch_irq_enable();
}

/* 1,000 ticks take 10 s by the clock that calibrated them, within 1 %. Its counter wraps several
 * times a second, so it is read at every tick. */
static bool test_timer(void)
{
    uint32_t before, now, mask, hz;
    uint64_t counted = 0, wanted;

    if (!arch_reference_read(&before, &mask, &hz))
        return false;
    wait_for_tick();
    arch_reference_read(&before, &mask, &hz);
    for (unsigned i = 0; i < TICKS; i++) {
        wait_for_tick();
        arch_reference_read(&now, &mask, &hz);
        counted += (now - before) & mask;
        before = now;
    }
    wanted = (uint64_t)hz * TICKS / TICKS_HZ;
    log_info("selftest timer: %u ticks at %u Hz took %lu ms", TICKS, TICKS_HZ,
             (unsigned long)(counted * 1000 / hz));
    return counted > wanted - wanted / 100 && counted < wanted + wanted / 100;
}

/* Every vector arrives, is counted and named, and blocks none of the others; the LAPIC's own three
 * have handlers. */
static bool test_vectors(void)
{
    unsigned wanted = TRAP_VECTOR_COUNT - FIRST_IRQ - 3, arrived;
    uint64_t ticks = cpu_self()->ticks;

    arrived = arch_send_all_vectors(FIRST_IRQ);
    wait_for_tick();
    log_info("selftest vectors: %u of %u unexpected interrupts counted", arrived, wanted);
    return arrived == wanted && cpu_self()->ticks > ticks;
}

static bool test_nmi(void)
{
    uint64_t before = cpu_self()->nmi_count;

    arch_provoke_nmi();
    for (unsigned spins = 0; cpu_self()->nmi_count == before && spins < 100000; spins++)
        arch_cpu_relax();
    return cpu_self()->nmi_count == before + 1;
}

static const struct {
    const char *name;
    bool (*run)(void);
} selftests[] = {
    {"breakpoint", test_breakpoint}, {"locks", test_locks},
    {"control", test_control},       {"nmi", test_nmi},
    {"vectors", test_vectors},       {"timer", test_timer},
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
        log_write(passed ? LOG_INFO : LOG_ERROR, "selftest %s: %s", selftests[i].name,
                  passed ? "passed" : "FAILED");
        all_passed = all_passed && passed;
    }
    if (!found)
        log_error("selftest=%s: there is no such self-test", name);
    return found && all_passed;
}
