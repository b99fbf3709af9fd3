/* What the parsers of the memory map and of ACPI's tables have counted, turned into facts. */
#include "lib/firmware_facts.h"

#include "lib/string.h"

void firmware_add_memory(struct firmware_facts *facts, const struct firmware_memory *memory)
{
    const uint32_t *counts = memory->map->findings;
    uint64_t *value = facts->value;

    value[FACT_EXIT_REFUSALS] = memory->exit_tries - 1;
    value[FACT_MAP_ODD_SIZE] = counts[MEMORY_MAP_ODD_SIZE];
    value[FACT_MAP_TOO_LONG] = counts[MEMORY_MAP_TOO_LONG];
    value[FACT_MAP_IMPOSSIBLE] =
        counts[MEMORY_ENTRY_EMPTY] + counts[MEMORY_ENTRY_PAST_END] + counts[MEMORY_ENTRY_AT_END];
    value[FACT_MAP_UNALIGNED] = counts[MEMORY_ENTRY_UNALIGNED];
    value[FACT_MAP_OVERLAP] = counts[MEMORY_ENTRY_OVERLAP];
    value[FACT_MAP_TYPE] = counts[MEMORY_ENTRY_TYPE];
    value[FACT_MAP_NOT_FREE] = counts[MEMORY_ENTRY_RUNTIME] + counts[MEMORY_ENTRY_UNCACHED];
    value[FACT_MAP_UNSORTED] = !memory->map->was_sorted;
    value[FACT_LOW_PAGE_NEEDED] = !memory->has_low_page && memory->has_other_cpus;
    value[FACT_LOW_PAGE_NONE] = !memory->has_low_page;
    value[FACT_SCREEN_IN_FREE_MEMORY] = memory->screen_in_free_memory;
}

static void add_tables(uint64_t *value, const struct acpi_tables *list, size_t second_count)
{
    value[FACT_TABLES_NONE] = list->count == 0;
    value[FACT_TABLES_BY_RSDT] = list->count > 0 ? list->bad_list_count : 0;
    value[FACT_TABLES_LEFT_OUT] = list->left_out_count;
    for (size_t i = 0; i < list->count; i++)
        value[FACT_TABLES_CHECKSUM] += list->tables[i].checksum_wrong;
    value[FACT_TABLES_TWICE] = second_count;
}

static void add_madt(uint64_t *value, const struct firmware_acpi *known)
{
    const struct acpi_madt *madt = &known->acpi->madt;

    value[FACT_MADT_NONE] = !known->acpi->has_madt;
    if (!known->acpi->has_madt)
        return;
    value[FACT_MADT_BAD_CPUS] = madt->bad_cpu_count;
    value[FACT_MADT_BAD_ENTRIES] = madt->bad_entry_count;
    value[FACT_MADT_WITHOUT_BOOT_CPU] = madt->boot_cpu_was_missing;
    if (madt->local_apic != known->local_apic)
        value[FACT_MADT_OTHER_LOCAL_APIC] = known->local_apic;
    if (!known->not_all_started && madt->enabled_count > known->cpus_run)
        value[FACT_CPUS_ABSENT] = madt->enabled_count - known->cpus_run;
}

static bool is_listed(const struct acpi_tables *list, const char *signature)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->tables[i].signature, signature) == 0)
            return true;
    return false;
}

static void add_devices(uint64_t *value, const struct acpi *acpi)
{
    value[FACT_FADT_NONE] = !acpi->has_fadt;
    value[FACT_FADT_BAD_REGISTERS] = acpi->fadt.bad_register_count;
    value[FACT_RESET_REGISTER_NONE] = acpi->fadt.reset.address == 0;
    value[FACT_HPET_NONE] = !acpi->has_hpet;
    value[FACT_HPET_IMPOSSIBLE] = !acpi->has_hpet && is_listed(&acpi->list, "HPET");
    value[FACT_MCFG_NONE] = !acpi->has_mcfg && acpi->mcfg.left_out_count == 0;
    value[FACT_MCFG_BAD_RANGES] = acpi->mcfg.left_out_count;
}

void firmware_add_acpi(struct firmware_facts *facts, const struct firmware_acpi *known)
{
    add_tables(facts->value, &known->acpi->list, known->acpi->second_count);
    add_madt(facts->value, known);
    add_devices(facts->value, known->acpi);
}

static void add_microcode(uint64_t *value, const struct firmware_cpu *cpu)
{
    value[FACT_MICROCODE_OTHER] = cpu->other_microcode_count;
    value[FACT_MICROCODE_UNKNOWN] = !cpu->microcode_known;
    value[FACT_MICROCODE_NONE] = cpu->microcode == 0;
    value[FACT_MICROCODE] = cpu->microcode;
}

void firmware_add_cpu(struct firmware_facts *facts, const struct firmware_cpu *cpu)
{
    uint64_t *value = facts->value;

    value[FACT_NX_SWITCHED_OFF] = cpu->nx_switched_off;
    value[FACT_NX_NONE] = !cpu->has_nx;
    value[FACT_SMEP_NONE] = !cpu->has_smep;
    value[FACT_SMAP_NONE] = !cpu->has_smap;
    value[FACT_UMIP_NONE] = !cpu->has_umip;
    value[FACT_X2APIC_LOCKED] = cpu->x2apic_locked;
    value[FACT_X2APIC_ON] = cpu->x2apic_on;
    value[FACT_LIVE_LOCAL_VECTORS] = cpu->live_local_vectors;
    value[FACT_IN_SERVICE] = cpu->in_service;
    value[FACT_MTRR_NONE] = !cpu->has_mtrr;
    value[FACT_MTRR_OFF] = !cpu->mtrr_on;
    value[cpu->is_virtual ? FACT_MTRR_VIRTUAL_OTHER : FACT_MTRR_OTHER] = cpu->other_mtrr_count;
    value[FACT_SMM_OPEN] = cpu->smm == FIRMWARE_SMM_OPEN;
    value[FACT_SMM_UNKNOWN] = cpu->smm == FIRMWARE_SMM_UNKNOWN;
    add_microcode(value, cpu);
    firmware_add_leaks(facts, cpu);
}
