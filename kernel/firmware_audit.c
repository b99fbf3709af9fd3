/* See kernel/firmware_audit.h. What other modules noted while the boot went on is only collected here. */
#include "kernel/firmware_audit.h"

#include "arch/cpu.h"
#include "arch/firmware_state.h"
#include "arch/machine.h"
#include "arch/timer.h"
#include "boot.h"
#include "kernel/acpi.h"
#include "kernel/bus_masters.h"
#include "kernel/cpu_start.h"
#include "kernel/log.h"
#include "kernel/mm/memory.h"
#include "lib/firmware_audit.h"

static const struct firmware_checks *const groups[] = {&firmware_loader_checks,
                                                       &firmware_kernel_checks};

static struct firmware_facts facts READ_ONLY_AFTER_INIT;

static void gather_memory(const struct acpi_madt *madt)
{
    struct firmware_memory memory = {.exit_tries = boot_info.memory_map.exit_tries,
                                     .has_low_page = boot_info.low_page != 0,
                                     .has_other_cpus = madt->enabled_count > 1};

    memory_read_firmware(&memory);
    firmware_add_memory(&facts, &memory);
}

static void gather_clocks(void)
{
    unsigned unsteady = cpus_with_clock(CLOCK_WARP_UNSTEADY);
    bool is_virtual = arch_machine_is_virtual();
    irq_state_t state = arch_irq_save();

    facts.value[FACT_CLOCKS_DISAGREE] = arch_clock_count_disagreeing();
    arch_irq_restore(state);
    facts.value[FACT_CLOCKS_REFUSED] = arch_clock_count_refused();
    facts.value[is_virtual ? FACT_TSC_VIRTUAL_UNSTEADY : FACT_TSC_UNSTEADY] = unsteady;
    facts.value[FACT_TSC_ADJUSTED] = cpus_with_clock(CLOCK_WARP_ADJUSTED);
}

static void gather(void)
{
    const struct acpi *acpi = acpi_get();
    struct firmware_cpu cpu;

    firmware_add_handoff(&facts, &boot_info.firmware);
    gather_memory(&acpi->madt);
    arch_firmware_read_cpu(&cpu);
    firmware_add_cpu(&facts, &cpu);
    firmware_add_acpi(
        &facts, &(struct firmware_acpi){.acpi = acpi,
                                        .local_apic = cpu.local_apic,
                                        .cpus_run = cpu_count(),
                                        .not_all_started = boot_options.maxcpus != 0 ||
                                                           acpi->madt.enabled_count > CPUS_MAX ||
                                                           boot_info.low_page == 0});
    gather_clocks();
    facts.value[FACT_BUS_MASTERS] = bus_masters_count();
}

static void log_finding(const struct firmware_finding *finding, bool in_full)
{
    enum log_level level = finding->verdict == FIRMWARE_BAD ? LOG_WARN
                           : in_full                        ? LOG_INFO
                                                            : LOG_DEBUG;
    char line[FIRMWARE_LINE_MAX];

    if (level > LOG_INFO && level > boot_options.loglevel)
        return; /* a report's last lines would be nothing but this */
    firmware_line(line, finding, &facts);
    log_write(level, "%s", line);
}

void firmware_audit_run(bool in_full)
{
    struct firmware_finding finding;
    unsigned counts[FIRMWARE_BAD + 1] = {0};

    gather();
    for (unsigned i = 0; i < ARRAY_COUNT(groups); i++)
        for (size_t next = 0; (finding = firmware_judge(groups[i], &next, &facts)).outcome;) {
            counts[finding.verdict]++;
            log_finding(&finding, in_full);
        }
    if (in_full)
        log_info("firmware audit: %u checks, %u bad, %u notes",
                 counts[FIRMWARE_OK] + counts[FIRMWARE_NOTE] + counts[FIRMWARE_BAD],
                 counts[FIRMWARE_BAD], counts[FIRMWARE_NOTE]);
}
