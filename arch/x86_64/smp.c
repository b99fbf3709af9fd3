/*
 * Starting the other CPUs. All are sent INIT; while that takes effect each gets its structure and stacks; then each that
 * has not answered is sent SIPI, twice at most, by its id and never by shorthand, which would reach CPUs that firmware
 * parked or that are not to run. A CPU finds its structure by its APIC id and claims it (trampoline.S), so that one that
 * answers twice or late parks. Source: SDM vol. 3A, 8.4.4.
 */
#include "arch/smp.h"

#include "arch/cpu.h"
#include "arch/machine.h"
#include "arch/mmu.h"
#include "arch/timer.h"
#include "arch/user.h"
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/vmap.h"
#include "kernel/user/scheduler.h"
#include "lib/string.h"
#include "smp_tables.h"
#include "x86/control.h"
#include "x86/lapic.h"
#include "x86/lapic_mode.h"
#include "x86/microcode.h"
#include "x86/mtrr.h"
#include "x86/smp.h"
#include "x86/trampoline.h"

#define INIT_WAIT_US      10000
#define SIPI_WAIT_US      200
#define REPORT_US         100000  /* so long after the last that came the rest counts as missing */
#define REPORT_VIRTUAL_US 2000000 /* where a host's few CPUs may have to run hundreds */
#define FASTEST_TSC_MHZ   6000    /* where no clock tells */

struct starting_cpu x86_starting_cpus[CPUS_MAX];
uint32_t x86_starting_count;

uint64_t x86_counts_of(uint64_t us)
{
    uint64_t hz = arch_clock_calibration()->timestamp_hz;

    return us * (hz ? hz / 1000000 : FASTEST_TSC_MHZ);
}

/* ---- on the boot CPU: what each CPU needs ---- */

static bool make_stack(struct stack *stack, uint64_t bytes)
{
    stack->low = (vaddr_t)vmap_stack(bytes);
    stack->high = stack->low + bytes;
    return stack->low != 0;
}

static bool make_stacks(struct x86_cpu *cpu)
{
    struct stack *stacks = cpu->common.stacks;

    for (enum stack_kind kind = STACK_MAIN; kind < STACK_KIND_COUNT; kind++)
        if (!make_stack(&stacks[kind],
                        kind == STACK_MAIN ? MAIN_STACK_BYTES : INTERRUPT_STACK_BYTES))
            return false;
    cpu->tss.rsp[0] = stacks[STACK_MAIN].high;
    for (unsigned number = 1; number <= IST_COUNT; number++)
        cpu->tss.ist[number - 1] = stacks[number].high - IST_TOP_BYTES;
    cpu->tss.io_bitmap = sizeof(cpu->tss);
    return true;
}

static void free_cpu(struct x86_cpu *cpu)
{
    for (enum stack_kind kind = STACK_MAIN; kind < STACK_KIND_COUNT; kind++)
        if (cpu->common.stacks[kind].low)
            vmap_free((void *)cpu->common.stacks[kind].low);
    heap_free(cpu);
}

/* A structure like the boot CPU's, complete before the CPU runs its first instruction; NULL when out of memory. */
static struct x86_cpu *make_cpu(uint32_t apic_id)
{
    struct x86_cpu *cpu = heap_alloc_aligned(_Alignof(struct x86_cpu), sizeof(*cpu));

    if (!cpu)
        return NULL;
    memset(cpu, 0, sizeof(*cpu));
    cpu->common.self = &cpu->common;
    cpu->common.apic_id = apic_id;
    memcpy(cpu->gdt, boot_cpu.gdt, sizeof(cpu->gdt));
    cpu->gdt[GDT_TSS] = SEG_DESC_TSS;
    cpu->gdt[GDT_TSS + 1] = 0;
    if (make_stacks(cpu))
        return cpu;
    free_cpu(cpu);
    return NULL;
}

/* ---- on the boot CPU: who is to start ---- */

static void expect(uint32_t apic_id)
{
    x86_starting_cpus[x86_starting_count++] = (struct starting_cpu){.apic_id = apic_id};
}

/* An id beyond what the mode can send to would reach another CPU. */
static void choose_cpus(const struct acpi_madt *madt, unsigned count_max)
{
    unsigned unreachable = 0, unwanted = 0;
    uint32_t own = cpu_self()->apic_id;

    for (size_t i = 0; i < madt->cpu_count; i++) {
        const struct acpi_cpu *cpu = &madt->cpus[i];

        if (!cpu->enabled || cpu->apic_id == own)
            continue;
        if (cpu->apic_id > XAPIC_ID_MAX && !lapic_is_x2apic())
            unreachable++;
        else if (x86_starting_count + 1 >= count_max || x86_starting_count + 1 >= CPUS_MAX)
            unwanted++;
        else
            expect(cpu->apic_id);
    }
    if (unreachable)
        log_warn(
            "%u CPUs have APIC ids above %u and this machine has no x2APIC mode: they are left "
            "out",
            unreachable, XAPIC_ID_MAX);
    if (unwanted)
        log_info("%u more CPUs are left alone: %s", unwanted,
                 count_max < CPUS_MAX ? "maxcpus= says so" : "Faultline runs on 512 at most");
}

/* Ids are given in the firmware's order. From the first that cannot be had, the rest is left out. */
static void make_cpus(void)
{
    for (uint32_t i = 0; i < x86_starting_count; i++) {
        struct x86_cpu *cpu = make_cpu(x86_starting_cpus[i].apic_id);

        if (!cpu) {
            log_warn("no memory for %u of %u other CPUs: they are left out", x86_starting_count - i,
                     x86_starting_count);
            x86_starting_count = i;
            return;
        }
        cpu->common.id = i + 1;
        x86_starting_cpus[i].cpu = cpu;
        cpus[i + 1] = &cpu->common;
    }
}

/* ---- on the boot CPU: starting them ---- */

static bool has_state(uint32_t index, uint32_t state)
{
    return atomic_load(&x86_starting_cpus[index].state) == state;
}

static unsigned count_from_state(uint32_t state)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < x86_starting_count; i++)
        count += atomic_load(&x86_starting_cpus[i].state) >= state;
    return count;
}

/* Waits until all have come that far, or none has for so long. */
static void wait_for_all(uint32_t state, uint64_t us)
{
    uint64_t last = arch_timestamp(), counts = x86_counts_of(us);
    unsigned come = 0;

    while (come < x86_starting_count && arch_timestamp() - last < counts) {
        unsigned now = count_from_state(state);

        if (now > come)
            last = arch_timestamp();
        come = now;
        arch_cpu_relax();
    }
}

static void send_init(void)
{
    for (uint32_t i = 0; i < x86_starting_count; i++)
        lapic_send_init(x86_starting_cpus[i].apic_id);
}

static void send_sipi(paddr_t page)
{
    for (uint32_t i = 0; i < x86_starting_count; i++)
        if (has_state(i, CPU_EXPECTED))
            lapic_send_startup(x86_starting_cpus[i].apic_id, page);
}

/* Waits for the rest of the time that INIT takes, and returns it in counts. */
static uint64_t wait_for_init(uint64_t sent)
{
    uint64_t began = arch_timestamp(), now = began;

    while (now - sent < x86_counts_of(INIT_WAIT_US)) {
        arch_cpu_relax();
        now = arch_timestamp();
    }
    return now - began;
}

static uint64_t start_all(paddr_t page)
{
    uint64_t init_sent, waited;

    send_init();
    init_sent = arch_timestamp();
    make_cpus();
    waited = wait_for_init(init_sent);
    send_sipi(page);
    wait_for_all(CPU_CLAIMED, SIPI_WAIT_US);
    send_sipi(page);
    wait_for_all(CPU_STARTED, arch_machine_is_virtual() ? REPORT_VIRTUAL_US : REPORT_US);
    return waited;
}

/* True when its time is over; from then on it cannot join. */
static bool is_missing(struct starting_cpu *cpu, uint32_t state)
{
    return atomic_compare_exchange_strong(&cpu->state, &state, CPU_LEFT_OUT);
}

/* What a missing CPU was given stays, for it may be using it. Returns how many are missing. */
static unsigned leave_out_the_missing(void)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < x86_starting_count; i++) {
        struct starting_cpu *cpu = &x86_starting_cpus[i];
        bool silent = is_missing(cpu, CPU_EXPECTED);

        if (!silent && !is_missing(cpu, CPU_CLAIMED))
            continue;
        count++;
        log_warn("CPU %0*X (APIC id %X) %s: it is left out", cpu_id_digits(), i + 1, cpu->apic_id,
                 silent ? "does not start" : "began to start and did not report in");
    }
    return count;
}

/* Those that were in time are about to say that they run. */
static void wait_for_online(unsigned missing)
{
    while (cpu_count() < x86_starting_count + 1 - missing)
        arch_cpu_relax();
}

static void log_result(uint64_t began)
{
    uint64_t counts = arch_timestamp() - began, per_ms = x86_counts_of(1000);

    log_info("CPUs: %u of %u run, started in %lu ms", cpu_count(), x86_starting_count + 1,
             counts / per_ms);
}

uint64_t arch_smp_start(const struct acpi_madt *madt, unsigned count_max, paddr_t low_page)
{
    uint64_t began = arch_timestamp(), waited;
    unsigned missing;

    choose_cpus(madt, count_max ? count_max : UINT32_MAX);
    if (x86_starting_count == 0)
        return 0;
    if (low_page == 0 ||
        !x86_make_startup_tables(low_page, kernel_space.tables.levels, x86_ap_entry)) {
        log_warn("%u other CPUs cannot be started: %s", x86_starting_count,
                 low_page ? "no memory for their first page tables"
                          : "no page below 1 MiB is free");
        return 0;
    }
    waited = start_all(low_page);
    missing = leave_out_the_missing();
    wait_for_online(missing);
    if (missing == 0)
        x86_free_startup_tables(low_page);
    log_result(began);
    return waited;
}

/* ---- on each of the others ---- */

/* Unless the boot CPU has given its place to nobody, or the kernel has stopped: then this CPU stops as well. */
static void report_in(struct x86_cpu *cpu)
{
    struct starting_cpu *place = &x86_starting_cpus[cpu->common.id - 1];
    uint32_t claimed = CPU_CLAIMED;

    if (!atomic_compare_exchange_strong(&place->state, &claimed, CPU_STARTED))
        arch_cpu_stop();
    cpu_set_online();
    if (arch_smp_is_stopping())
        arch_cpu_stop();
}

void x86_ap_main(struct x86_cpu *cpu)
{
    arch_cpu_init_cpu();
    cpu->had_other_mtrrs = mtrr_init_cpu();
    cpu->microcode = x86_microcode_revision();
    arch_mmu_space_switch(&kernel_space);
    frame_init_cpu();
    heap_init_cpu();
    scheduler_init_cpu();
    arch_user_init_cpu();
    lapic_init_cpu();
    report_in(cpu);
    log_debug("APIC id %X runs, PAT %lx%s", cpu->common.apic_id, x86_read_pat(),
              cpu->had_other_mtrrs ? ", MTRRs taken over from the boot CPU" : "");
    cpu_idle_loop();
}
