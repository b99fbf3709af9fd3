/*
 * The facts that the firmware audit judges: each from what loader, parsers or CPUs noted, and from nothing else. ACPI's come
 * from the machines of tests/host/acpi, the memory map's from maps of one odd entry.
 */
#include "lib/firmware_facts.h"

#include "acpi_file.h"
#include "raw_map.h"

/* Exactly the facts of the list, which ends with FACT_NONE, are not 0; the first has the value. */
static void assert_facts(const struct firmware_facts *facts, uint64_t value,
                         const enum firmware_fact *expected)
{
    for (enum firmware_fact fact = FACT_NONE + 1; fact < FIRMWARE_FACT_COUNT; fact++) {
        bool wanted = false;

        for (size_t i = 0; expected[i] != FACT_NONE; i++)
            wanted = wanted || expected[i] == fact;
        if (wanted != (facts->value[fact] != 0))
            fail_msg("fact %u is %lx", fact, facts->value[fact]);
    }
    if (expected[0] != FACT_NONE)
        assert_int_equal(facts->value[expected[0]], value);
}

#define FACTS(...)                                                                                 \
    (const enum firmware_fact[]) { __VA_ARGS__, FACT_NONE }

/* ---- the loader's ---- */

/* As OVMF hands it over. */
static const struct firmware_handoff good_handoff = {.cr0 = 0x80010033,
                                                     .cr4 = 0x668,
                                                     .efer = 0xd00,
                                                     .rsdp_2 = FIRMWARE_USABLE,
                                                     .display_count = 1,
                                                     .attributes = FIRMWARE_USABLE};

#define HANDOFF(change, first, ...)                                                                \
    do {                                                                                           \
        struct firmware_handoff handoff = good_handoff;                                            \
        struct firmware_facts facts = {{0}};                                                       \
        change;                                                                                    \
        firmware_add_handoff(&facts, &handoff);                                                    \
        assert_facts(&facts, first, FACTS(__VA_ARGS__));                                           \
    } while (0)

static void what_the_loader_saw(void **state)
{
    (void)state;
    HANDOFF((void)0, 0, FACT_NONE);
    HANDOFF(handoff.rsdp_1 = FIRMWARE_UNUSABLE, 0, FACT_NONE);
    HANDOFF(handoff.rsdp_2 = FIRMWARE_UNUSABLE, 1, FACT_RSDP_2_DAMAGED);
    HANDOFF(handoff.rsdp_2 = FIRMWARE_UNUSABLE;
            handoff.rsdp_1 = FIRMWARE_USABLE, 1, FACT_RSDP_2_DAMAGED);
    HANDOFF(handoff.rsdp_2 = FIRMWARE_ABSENT;
            handoff.rsdp_1 = FIRMWARE_USABLE, 1, FACT_RSDP_1_ONLY);
    HANDOFF(handoff.rsdp_2 = FIRMWARE_ABSENT, 1, FACT_RSDP_NONE);
    HANDOFF(handoff.rsdp_2 = FIRMWARE_ABSENT;
            handoff.rsdp_1 = FIRMWARE_UNUSABLE, 1, FACT_RSDP_NONE);
    HANDOFF(handoff.display_refused = 1, 1, FACT_DISPLAY_REFUSED);
    HANDOFF(handoff.display_count = 0, 1, FACT_DISPLAY_NONE);
    HANDOFF(handoff.watchdog_error = 7, 7, FACT_WATCHDOG_ERROR);
    HANDOFF(handoff.watchdog_error = 3, 1, FACT_WATCHDOG_NONE, FACT_WATCHDOG_ERROR);
    HANDOFF(handoff.bad_checksums = 2, 2, FACT_SERVICE_TABLES_DAMAGED);
    HANDOFF(handoff.attributes = FIRMWARE_ABSENT, 1, FACT_ATTRIBUTES_NONE);
    HANDOFF(handoff.attributes = FIRMWARE_UNUSABLE, 1, FACT_ATTRIBUTES_DAMAGED);
    HANDOFF(handoff.open_runtime_code = 3, 3, FACT_OPEN_RUNTIME_CODE);
    HANDOFF(handoff.cr0 |= UINT64_C(1) << 30, 1 << 30, FACT_CACHES_OFF);
    HANDOFF(handoff.cr0 |= UINT64_C(1) << 29, 1 << 29, FACT_CACHES_OFF);
    HANDOFF(handoff.cr0 ^= UINT64_C(1) << 16, 1, FACT_WRITE_PROTECTION_OFF);
    HANDOFF(handoff.cr4 |= UINT64_C(1) << 23 | 1 << 17, 1 << 23 | 1 << 17, FACT_CR4_LEFT);
    HANDOFF(handoff.cr4 |= UINT64_C(1) << 12, 1 << 12, FACT_LA57);
    HANDOFF(handoff.efer |= 1, 1, FACT_EFER_LEFT);
}

/* ---- the memory map's ---- */

static struct map_row {
    const char *name;
    struct raw_entry entry; /* behind a free one of the pages 16 to 31 */
    enum firmware_fact fact;
} map_rows[] = {
    {"a good entry", {T_FREE, PAGE(64), 1, WB}, FACT_NONE},
    {"an empty entry", {T_FREE, PAGE(64), 0, WB}, FACT_MAP_IMPOSSIBLE},
    {"an entry past all memory", {T_FREE, PAGE(64), UINT64_MAX, WB}, FACT_MAP_IMPOSSIBLE},
    {"an entry to the end of all memory", {T_RESERVED, TOP, 1, WB}, FACT_MAP_IMPOSSIBLE},
    {"an entry that is not aligned", {T_RESERVED, PAGE(64) + 1, 1, WB}, FACT_MAP_UNALIGNED},
    {"an entry that overlaps", {T_RESERVED, PAGE(20), 1, WB}, FACT_MAP_OVERLAP},
    {"an entry of an unknown type", {99, PAGE(64), 1, WB}, FACT_MAP_TYPE},
    {"an entry for run time", {T_FREE, PAGE(64), 1, WB | RT}, FACT_MAP_NOT_FREE},
    {"an entry that is not cached", {T_FREE, PAGE(64), 1, 0}, FACT_MAP_NOT_FREE},
    {"an entry out of order", {T_FREE, PAGE(2), 1, WB}, FACT_MAP_UNSORTED},
};

static void read_map(struct memory_map *map, const struct raw_entry *entries, size_t count,
                     int size_change)
{
    static struct memory_range ranges[64];
    struct raw_map raw = make_raw(entries, count, 48, size_change);

    *map = (struct memory_map){.ranges = ranges, .capacity = ARRAY_COUNT(ranges)};
    map->findings[MEMORY_ENTRY_OVERLAP] = 9; /* of an earlier map */
    assert_true(memory_map_build(map, &raw.raw, NULL));
    free(raw.block);
}

static struct firmware_memory good_memory(const struct memory_map *map)
{
    return (struct firmware_memory){.map = map, .exit_tries = 1, .has_low_page = true};
}

static void one_entry_of_the_map(void **state)
{
    const struct map_row *row = *state;
    const struct raw_entry entries[] = {{T_FREE, PAGE(16), 16, WB}, row->entry};
    struct firmware_facts facts = {{0}};
    struct firmware_memory memory;
    struct memory_map map;

    read_map(&map, entries, ARRAY_COUNT(entries), 0);
    memory = good_memory(&map);
    firmware_add_memory(&facts, &memory);
    assert_facts(&facts, 1, FACTS(row->fact));
}

static void the_map_as_a_whole(void **state)
{
    static struct raw_entry entries[MEMORY_MAP_MAX_ENTRIES + 1];
    struct firmware_facts facts = {{0}};
    struct firmware_memory memory;
    struct memory_map map;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(entries); i++)
        entries[i] = (struct raw_entry){T_FREE, PAGE(16 + i), 1, WB};
    read_map(&map, entries, 2, -8);
    memory = good_memory(&map);
    firmware_add_memory(&facts, &memory);
    assert_facts(&facts, 1, FACTS(FACT_MAP_ODD_SIZE));
    read_map(&map, entries, ARRAY_COUNT(entries), 0);
    facts = (struct firmware_facts){{0}};
    firmware_add_memory(&facts, &memory);
    assert_facts(&facts, 1, FACTS(FACT_MAP_TOO_LONG));
}

#define MEMORY(change, first, ...)                                                                 \
    do {                                                                                           \
        struct firmware_memory memory = good_memory(&map);                                         \
        struct firmware_facts facts = {{0}};                                                       \
        change;                                                                                    \
        firmware_add_memory(&facts, &memory);                                                      \
        assert_facts(&facts, first, FACTS(__VA_ARGS__));                                           \
    } while (0)

static void what_lies_in_memory(void **state)
{
    const struct raw_entry entry = {T_FREE, PAGE(16), 16, WB};
    struct memory_map map;

    (void)state;
    read_map(&map, &entry, 1, 0);
    MEMORY(memory.has_other_cpus = true, 0, FACT_NONE);
    MEMORY(memory.exit_tries = 4, 3, FACT_EXIT_REFUSALS);
    MEMORY(memory.has_low_page = false, 1, FACT_LOW_PAGE_NONE);
    MEMORY(memory.has_low_page = false;
           memory.has_other_cpus = true, 1, FACT_LOW_PAGE_NEEDED, FACT_LOW_PAGE_NONE);
    MEMORY(memory.screen_in_free_memory = true, 1, FACT_SCREEN_IN_FREE_MEMORY);
}

/* ---- ACPI's ---- */

/* A machine of tests/host/acpi, and the fact that comes of it alone; what most of them do not have is not looked at. */
static struct acpi_row {
    const char *name;
    enum firmware_fact fact;
    uint64_t value;
} acpi_rows[] = {
    {"root-good", FACT_NONE, 0},
    {"root-nothing", FACT_TABLES_NONE, 1},
    {"root-xsdt-unreachable", FACT_TABLES_NONE, 1},
    {"root-xsdt-unreachable-rsdt", FACT_TABLES_BY_RSDT, 1},
    {"root-entry-null", FACT_TABLES_LEFT_OUT, 1},
    {"root-entry-twice", FACT_TABLES_LEFT_OUT, 1},
    {"table-checksum-needed", FACT_TABLES_LEFT_OUT, 1},
    {"table-checksum-other", FACT_TABLES_CHECKSUM, 1},
    {"table-two-madts", FACT_TABLES_TWICE, 1},
    {"madt-good", FACT_NONE, 0},
    {"madt-cpu-both-types", FACT_NONE, 0},
    {"madt-cpu-disabled-twice", FACT_NONE, 0},
    {"madt-cpu-twice", FACT_MADT_BAD_CPUS, 1},
    {"madt-cpu-id-all", FACT_MADT_BAD_CPUS, 1},
    {"madt-entry-length-0", FACT_MADT_BAD_ENTRIES, 1},
    {"madt-local-apic-twice", FACT_MADT_BAD_ENTRIES, 1},
    {"madt-io-apics-too-many", FACT_NONE, 0},
    {"fadt-revision-6", FACT_NONE, 0},
    {"fadt-reset-width", FACT_FADT_BAD_REGISTERS, 1},
    {"fadt-timer-extended-bad", FACT_FADT_BAD_REGISTERS, 1},
    {"fadt-timer-length", FACT_FADT_BAD_REGISTERS, 1},
    {"hpet-0", FACT_HPET_IMPOSSIBLE, 1},
    {"hpet-short", FACT_HPET_IMPOSSIBLE, 1},
    {"mcfg-good", FACT_NONE, 0},
    {"mcfg-overlap", FACT_MCFG_BAD_RANGES, 1},
    {"mcfg-hpet", FACT_MCFG_BAD_RANGES, 1},
    {"mcfg-base", FACT_MCFG_BAD_RANGES, 3},
};

static struct acpi acpi;

static void read_acpi(const char *name)
{
    static struct acpi_file file;
    struct acpi_memory memory = {.map = acpi_file_map, .context = &file};
    char path[80];

    snprintf(path, sizeof(path), "tests/host/acpi/%s.txt", name);
    acpi_file_read(&file, path);
    acpi_read(&acpi, &file.rsdp, &memory, NULL);
    acpi_file_free(&file);
}

static void take_acpi(struct firmware_facts *facts)
{
    firmware_add_acpi(facts,
                      &(struct firmware_acpi){.acpi = &acpi,
                                              .local_apic = acpi.madt.local_apic,
                                              .cpus_run = (uint32_t)acpi.madt.enabled_count});
}

/* What a machine of few tables lacks besides. */
static const enum firmware_fact absent[] = {
    FACT_MADT_NONE, FACT_FADT_NONE, FACT_RESET_REGISTER_NONE, FACT_HPET_NONE, FACT_MCFG_NONE};

static void a_machine_of_tables(void **state)
{
    const struct acpi_row *row = *state;
    struct firmware_facts facts = {{0}};

    read_acpi(row->name);
    take_acpi(&facts);
    assert_int_equal(facts.value[FACT_MADT_NONE], !acpi.has_madt);
    assert_int_equal(facts.value[FACT_FADT_NONE], !acpi.has_fadt);
    assert_int_equal(facts.value[FACT_RESET_REGISTER_NONE], acpi.fadt.reset.address == 0);
    assert_int_equal(facts.value[FACT_HPET_NONE], !acpi.has_hpet);
    assert_int_equal(facts.value[FACT_MCFG_NONE],
                     !acpi.has_mcfg && facts.value[FACT_MCFG_BAD_RANGES] == 0);
    for (size_t i = 0; i < ARRAY_COUNT(absent); i++)
        facts.value[absent[i]] = 0;
    assert_facts(&facts, row->value, FACTS(row->fact));
}

static void the_machine_is_not_what_its_tables_say(void **state)
{
    struct firmware_acpi known = {.acpi = &acpi, .local_apic = 0xfee01000, .cpus_run = 1};
    struct firmware_facts facts = {{0}};

    (void)state;
    read_acpi("madt-good");
    assert_true(acpi.madt.enabled_count > 1);
    firmware_add_acpi(&facts, &known);
    assert_int_equal(facts.value[FACT_MADT_OTHER_LOCAL_APIC], 0xfee01000);
    assert_int_equal(facts.value[FACT_CPUS_ABSENT], acpi.madt.enabled_count - 1);
    known.not_all_started = true;
    acpi_madt_require(&acpi.madt, 99, NULL);
    facts = (struct firmware_facts){{0}};
    firmware_add_acpi(&facts, &known);
    assert_int_equal(facts.value[FACT_CPUS_ABSENT], 0);
    assert_int_equal(facts.value[FACT_MADT_WITHOUT_BOOT_CPU], 1);
}

/* ---- the CPU's ---- */

static const struct firmware_cpu good_cpu = {.vendor = FIRMWARE_CPU_AMD,
                                             .family = 0x19,
                                             .has_nx = true,
                                             .has_smep = true,
                                             .has_smap = true,
                                             .has_umip = true,
                                             .has_mtrr = true,
                                             .mtrr_on = true,
                                             .microcode_known = true,
                                             .microcode = 0x1000065,
                                             .smm = FIRMWARE_SMM_LOCKED};

#define CPU(change, first, ...)                                                                    \
    do {                                                                                           \
        struct firmware_cpu cpu = good_cpu;                                                        \
        struct firmware_facts facts = {{0}};                                                       \
        change;                                                                                    \
        firmware_add_cpu(&facts, &cpu);                                                            \
        if (facts.value[FACT_MICROCODE] == good_cpu.microcode)                                     \
            facts.value[FACT_MICROCODE] = 0; /* not of the list */                                 \
        assert_facts(&facts, first, FACTS(__VA_ARGS__));                                           \
    } while (0)

static void what_the_cpu_has(void **state)
{
    (void)state;
    CPU((void)0, 0, FACT_NONE);
    CPU(cpu.has_nx = false, 1, FACT_NX_NONE);
    CPU(cpu.nx_switched_off = true, 1, FACT_NX_SWITCHED_OFF);
    CPU(cpu.has_smep = false, 1, FACT_SMEP_NONE);
    CPU(cpu.has_smap = false, 1, FACT_SMAP_NONE);
    CPU(cpu.has_umip = false, 1, FACT_UMIP_NONE);
    CPU(cpu.x2apic_on = true, 1, FACT_X2APIC_ON);
    CPU(cpu.x2apic_locked = true, 1, FACT_X2APIC_LOCKED);
    CPU(cpu.live_local_vectors = 2, 2, FACT_LIVE_LOCAL_VECTORS);
    CPU(cpu.in_service = 5, 5, FACT_IN_SERVICE);
    CPU(cpu.has_mtrr = false, 1, FACT_MTRR_NONE);
    CPU(cpu.mtrr_on = false, 1, FACT_MTRR_OFF);
    CPU(cpu.other_mtrr_count = 3, 3, FACT_MTRR_OTHER);
    CPU(cpu.other_mtrr_count = 3; cpu.is_virtual = true, 3, FACT_MTRR_VIRTUAL_OTHER);
    CPU(cpu.other_microcode_count = 3, 3, FACT_MICROCODE_OTHER);
    CPU(cpu.microcode_known = false, 1, FACT_MICROCODE_UNKNOWN);
    CPU(cpu.microcode = 0, 1, FACT_MICROCODE_NONE);
    CPU(cpu.microcode = 7, 7, FACT_MICROCODE);
    CPU(cpu.smm = FIRMWARE_SMM_OPEN, 1, FACT_SMM_OPEN);
    CPU(cpu.smm = FIRMWARE_SMM_UNKNOWN, 1, FACT_SMM_UNKNOWN);
}

/* ---- what CPUs leak ---- */

#define MELTDOWN 1
#define MDS      2
#define L1TF     4
#define CLEARED  8 /* VERW clears buffers */

static struct leak_row {
    const char *name;
    enum firmware_vendor vendor;
    uint32_t family, model;
    uint64_t arch_capabilities;
    unsigned leaks;
} leak_rows[] = {
    {"AMD Zen 3", FIRMWARE_CPU_AMD, 0x19, 0x21, 0, 0},
    {"a maker that is not known", FIRMWARE_CPU_OTHER, 6, 0x1c, 0, MELTDOWN | MDS | L1TF},
    {"Pentium 4", FIRMWARE_CPU_INTEL, 0xf, 0x37, 0, MELTDOWN | MDS | L1TF},
    {"Haswell", FIRMWARE_CPU_INTEL, 6, 0x3c, 0, MELTDOWN | MDS | L1TF},
    {"Haswell with new microcode", FIRMWARE_CPU_INTEL, 6, 0x3c, 0, MELTDOWN | MDS | L1TF | CLEARED},
    {"Bonnell", FIRMWARE_CPU_INTEL, 6, 0x1c, 0, 0},
    {"Silvermont", FIRMWARE_CPU_INTEL, 6, 0x37, 0, MELTDOWN | MDS},
    {"Goldmont", FIRMWARE_CPU_INTEL, 6, 0x5c, 0, MELTDOWN},
    {"Goldmont Plus that says RDCL_NO", FIRMWARE_CPU_INTEL, 6, 0x7a, 1 << 0, 0},
    {"Cascade Lake", FIRMWARE_CPU_INTEL, 6, 0x55, 1 << 0 | 1 << 5, 0},
    {"Whiskey Lake", FIRMWARE_CPU_INTEL, 6, 0x8e, 1 << 0, MDS},
    {"MDS_NO alone", FIRMWARE_CPU_INTEL, 6, 0x8e, 1 << 5, MELTDOWN | L1TF},
    {"other capabilities", FIRMWARE_CPU_INTEL, 6, 0x8e, ~UINT64_C(0x21), MELTDOWN | MDS | L1TF},
};

static void leaks(void **state)
{
    const struct leak_row *row = *state;
    struct firmware_facts facts = {{0}};

    firmware_add_leaks(&facts, &(struct firmware_cpu){.vendor = row->vendor,
                                                      .family = row->family,
                                                      .model = row->model,
                                                      .arch_capabilities = row->arch_capabilities,
                                                      .md_clear = row->leaks & CLEARED});
    assert_int_equal(facts.value[FACT_MELTDOWN] != 0, (row->leaks & MELTDOWN) != 0);
    assert_int_equal(facts.value[FACT_MDS] != 0, (row->leaks & MDS) != 0);
    assert_int_equal(facts.value[FACT_MDS_UNCLEARED] != 0, (row->leaks & (MDS | CLEARED)) == MDS);
    assert_int_equal(facts.value[FACT_L1TF] != 0, (row->leaks & L1TF) != 0);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, what_the_loader_saw);
    HOST_ADD_ROWS(&tests, one_entry_of_the_map, map_rows);
    HOST_ADD(&tests, the_map_as_a_whole);
    HOST_ADD(&tests, what_lies_in_memory);
    HOST_ADD_ROWS(&tests, a_machine_of_tables, acpi_rows);
    HOST_ADD(&tests, the_machine_is_not_what_its_tables_say);
    HOST_ADD(&tests, what_the_cpu_has);
    HOST_ADD_ROWS(&tests, leaks, leak_rows);
    return host_tests_run(&tests, "firmware facts");
}
