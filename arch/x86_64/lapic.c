/*
 * The local APIC. Whatever firmware left in it is masked, and what it left unfinished is ended,
 * before the first sti. Source: Intel SDM vol. 3A, chapter 10.
 */
#include "x86/lapic.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/log.h"
#include "kernel/mm/vmap.h"
#include "kernel/panic.h"
#include "lib/compiler.h"
#include "x86/cpuid.h"
#include "x86/exceptions.h"
#include "x86/lapic_mode.h"
#include "x86/registers.h"

#define LVT_DELIVERY_SHIFT 8
#define LVT_ACTIVE_LOW     BIT(13)
#define LVT_MASKED         BIT(16)
#define LVT_MODE_SHIFT     17

#define ICR_LEVEL_ASSERT      BIT(14)
#define ICR_PENDING           BIT(12)
#define ICR_DESTINATION_SHIFT 24 /* in the high register, xAPIC */

#define ICR_SPINS                100000 /* delivery takes microseconds; a dead bus hangs nothing */
#define ISR_VECTORS              256
#define VERSION_MAX_LVT(version) (((version) >> 16) & 0xff)

static volatile uint32_t *registers READ_ONLY_AFTER_INIT; /* xAPIC mode */
static bool x2apic READ_ONLY_AFTER_INIT, ready;
static struct lapic_facts facts READ_ONLY_AFTER_INIT;
static struct lapic_leftovers leftovers READ_ONLY_AFTER_INIT;
static const struct acpi_madt *madt READ_ONLY_AFTER_INIT;

uint32_t lapic_lvt_value(const struct lapic_lvt *lvt)
{
    return lvt->vector | (uint32_t)lvt->delivery << LVT_DELIVERY_SHIFT |
           (uint32_t)lvt->timer_mode << LVT_MODE_SHIFT |
           (lvt->active_low ? (uint32_t)LVT_ACTIVE_LOW : 0) |
           (lvt->masked ? (uint32_t)LVT_MASKED : 0);
}

uint32_t lapic_read(uint32_t reg)
{
    if (x2apic)
        return (uint32_t)x86_read_msr(MSR_X2APIC_FIRST + reg / 16);
    return registers[reg / 4];
}

void lapic_write(uint32_t reg, uint32_t value)
{
    if (x2apic)
        x86_write_msr(MSR_X2APIC_FIRST + reg / 16, value);
    else
        registers[reg / 4] = value;
}

uint32_t lapic_id(void) { return x2apic ? lapic_read(LAPIC_ID) : lapic_read(LAPIC_ID) >> 24; }

bool lapic_is_ready(void) { return ready; }

bool lapic_is_x2apic(void) { return x2apic; }

const char *lapic_mode_name(void)
{
    return x2apic ? (facts.is_locked ? "locked x2APIC" : "x2APIC") : "xAPIC";
}

const struct lapic_facts *lapic_get_facts(void) { return &facts; }

const struct lapic_leftovers *lapic_get_leftovers(void) { return &leftovers; }

void lapic_eoi(void) { lapic_write(LAPIC_EOI, 0); }

bool lapic_in_service(unsigned vector)
{
    return lapic_read(LAPIC_ISR + vector / 32 * 0x10) & BIT(vector % 32);
}

/* Whether it can be left: only CPUs that say so have the register that tells (SDM vol. 4, table 2-2). */
static bool is_locked(void)
{
    return x86_has(X86_ARCH_CAPABILITIES) &&
           x86_read_msr(MSR_ARCH_CAPABILITIES) & ARCH_CAPABILITIES_XAPIC_DISABLE_STATUS &&
           x86_read_msr(MSR_XAPIC_DISABLE_STATUS) & XAPIC_DISABLE_STATUS_DISABLED;
}

static uint32_t highest_id(void)
{
    uint32_t highest = 0;

    for (size_t i = 0; i < madt->cpu_count; i++)
        if (madt->cpus[i].enabled && madt->cpus[i].apic_id > highest)
            highest = madt->cpus[i].apic_id;
    return highest;
}

static void choose_mode(bool want_x2apic)
{
    const char *ignored;

    facts = (struct lapic_facts){.is_wanted = want_x2apic,
                                 .is_offered = x86_has(X86_X2APIC),
                                 .is_on = x86_read_msr(MSR_APIC_BASE) & APIC_BASE_X2APIC,
                                 .is_locked = is_locked(),
                                 .highest_id = highest_id()};
    x2apic = lapic_choose_x2apic(&facts, &ignored);
    if (ignored)
        log_warn("x2apic=0 ignored: %s", ignored);
}

/* The CPU knows where its own registers are, and the firmware's table is only told of. */
static void map_registers(const struct acpi *acpi)
{
    paddr_t at = x86_read_msr(MSR_APIC_BASE) & APIC_BASE_ADDRESS;

    if (acpi->has_madt && madt->local_apic != at)
        log_warn("ACPI: MADT: the local APIC is said to be at %lx and is at %lx",
                 (unsigned long)madt->local_apic, (unsigned long)at);
    registers = vmap_device(at, PAGE_SIZE, MMU_UNCACHED);
    if (!registers)
        panic("the local APIC at %lx cannot be mapped", (unsigned long)at);
}

void lapic_init(bool want_x2apic, const struct acpi *acpi)
{
    madt = &acpi->madt;
    choose_mode(want_x2apic);
    if (!x2apic)
        map_registers(acpi);
}

static void enable_mode(void)
{
    uint64_t base = x86_read_msr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

    x86_write_msr(MSR_APIC_BASE, base); /* from disabled to x2APIC goes by way of xAPIC mode */
    if (x2apic)
        x86_write_msr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
}

/* The first CPU's: the others' are in their state after INIT. Their inputs, where PIC and NMI arrive, are left open on
 * purpose. */
static void note_leftovers(void)
{
    static const uint32_t own[] = {LAPIC_LVT_TIMER, LAPIC_LVT_ERROR};

    for (unsigned i = 0; i < ARRAY_COUNT(own); i++)
        leftovers.unmasked_count += !(lapic_read(own[i]) & LVT_MASKED);
}

/* Everything that can be masked is, until the APIC is enabled and empty. */
static void mask_local_vectors(void)
{
    static const uint32_t always[] = {LAPIC_LVT_TIMER, LAPIC_LVT_LINT0, LAPIC_LVT_LINT1,
                                      LAPIC_LVT_ERROR};
    static const uint32_t optional[] = {LAPIC_LVT_PERF, LAPIC_LVT_THERMAL, LAPIC_LVT_CMCI};
    const uint32_t masked =
        lapic_lvt_value(&(struct lapic_lvt){.vector = VECTOR_LAPIC_SPURIOUS, .masked = true});
    uint32_t max_lvt = VERSION_MAX_LVT(lapic_read(LAPIC_VERSION));

    for (unsigned i = 0; i < ARRAY_COUNT(always); i++)
        lapic_write(always[i], masked);
    for (unsigned i = 0; i < ARRAY_COUNT(optional); i++)
        if (max_lvt >= ARRAY_COUNT(always) + i)
            lapic_write(optional[i], masked);
}

/*
 * NMIs arrive where the MADT says for this CPU; where it is silent, at LINT1, as on every PC. That they are edge-triggered
 * is no choice (SDM vol. 3A, 10.5.1). A mask bit cannot be cleared while the APIC is disabled by software (10.4.7.2), so
 * this comes after that.
 */
static void unmask_nmi(void)
{
    const struct acpi_cpu *cpu = acpi_madt_find(madt, lapic_id());
    bool told = cpu && cpu->nmi_pin != ACPI_NO_NMI_PIN;
    struct lapic_lvt nmi = {.delivery = LAPIC_NMI, .active_low = told && cpu->nmi_active_low};

    lapic_write(told && cpu->nmi_pin == 0 ? LAPIC_LVT_LINT0 : LAPIC_LVT_LINT1,
                lapic_lvt_value(&nmi));
}

/* What was recorded before was the firmware's. */
static void unmask_errors(void)
{
    lapic_write(LAPIC_ESR, 0);
    lapic_write(LAPIC_LVT_ERROR,
                lapic_lvt_value(&(struct lapic_lvt){.vector = VECTOR_LAPIC_ERROR}));
}

/* An interrupt that firmware took and never ended would block every one of lower priority for ever. How many there
 * were. */
static unsigned empty_in_service(void)
{
    unsigned ended = 0;

    for (unsigned vector = ISR_VECTORS; vector-- > 16;)
        for (unsigned tries = 0; lapic_in_service(vector) && tries < 2; tries++, ended++)
            lapic_eoi();
    if (ended)
        log_warn("the firmware left %u interrupts in service; they were ended", ended);
    return ended;
}

void lapic_init_cpu(void)
{
    bool first = !ready; /* and not when a report has called the firmware once more */
    unsigned ended;

    enable_mode();
    ready = true;
    lapic_write(LAPIC_TPR, 0);
    if (first)
        note_leftovers();
    mask_local_vectors();
    lapic_write(LAPIC_SPURIOUS, LAPIC_SPURIOUS_ENABLE | VECTOR_LAPIC_SPURIOUS);
    ended = empty_in_service();
    if (first)
        leftovers.in_service_count = ended;
    unmask_nmi();
    unmask_errors();
    cpu_self()->apic_id = lapic_id();
}

/* xAPIC has two halves of one command: an interrupt that sends one too must not come between, and the last command must
 * be gone first. Old APICs need the level bit in every command but one, which is not used here. */
static void send(uint32_t apic_id, enum lapic_delivery delivery, unsigned vector)
{
    uint32_t command =
        vector | (uint32_t)delivery << LVT_DELIVERY_SHIFT | (uint32_t)ICR_LEVEL_ASSERT;
    irq_state_t state = arch_irq_save();

    if (x2apic) {
        /* WRMSR does not wait for stores here: what the other CPU is to read must be there (SDM vol. 3A, 10.12.3). */
        __asm__ volatile("mfence; lfence" : : : "memory");
        x86_write_msr(MSR_X2APIC_FIRST + LAPIC_ICR / 16, (uint64_t)apic_id << 32 | command);
    } else {
        for (unsigned spins = 0; lapic_read(LAPIC_ICR) & ICR_PENDING && spins < ICR_SPINS; spins++)
            arch_cpu_relax();
        lapic_write(LAPIC_ICR_HIGH, apic_id << ICR_DESTINATION_SHIFT);
        lapic_write(LAPIC_ICR, command);
    }
    arch_irq_restore(state);
}

void lapic_send_init(uint32_t apic_id) { send(apic_id, LAPIC_INIT, 0); }

void lapic_send_startup(uint32_t apic_id, paddr_t page)
{
    send(apic_id, LAPIC_STARTUP, (unsigned)(page / PAGE_SIZE));
}

void lapic_send_nmi(uint32_t apic_id) { send(apic_id, LAPIC_NMI, 0); }

void lapic_send_fixed(uint32_t apic_id, unsigned vector) { send(apic_id, LAPIC_FIXED, vector); }

void lapic_send_self(enum lapic_delivery delivery, unsigned vector)
{
    send(lapic_id(), delivery, vector);
}
