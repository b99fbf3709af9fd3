/*
 * The firmware audit's checks. The table below is what must stay as it is: which number judges which fact, and how. A row
 * sets one fact alone and must find one line changed against a machine with which nothing is wrong.
 */
#include "lib/firmware_audit.h"

#include "host_test.h"

#define CHECKS_MIN 25
#define TEXT_MAX   8192

static const struct firmware_checks *const groups[] = {&firmware_loader_checks,
                                                       &firmware_kernel_checks};

/* clang-format off */
static struct fact_row {
    const char *name;
    enum firmware_fact fact;
    const char *line;
} fact_rows[] = {
    {"rsdp 2 damaged", FACT_RSDP_2_DAMAGED, "firmware 01 BAD  the root pointer of ACPI 2.0 is damaged"},
    {"rsdp 1 only", FACT_RSDP_1_ONLY, "firmware 01 NOTE there is a root pointer of ACPI 1.0 only"},
    {"rsdp none", FACT_RSDP_NONE, "firmware 01 BAD  there is no ACPI root pointer that can be used"},
    {"display refused", FACT_DISPLAY_REFUSED, "firmware 02 BAD  displays whose description contradicts itself: 1"},
    {"display none", FACT_DISPLAY_NONE, "firmware 02 NOTE there is no graphics output"},
    {"watchdog none", FACT_WATCHDOG_NONE, "firmware 03 NOTE there is no watchdog timer to switch off"},
    {"watchdog error", FACT_WATCHDOG_ERROR, "firmware 03 BAD  the watchdog timer cannot be switched off, EFI error: 1"},
    {"service tables damaged", FACT_SERVICE_TABLES_DAMAGED, "firmware 04 BAD  system or runtime services tables with a wrong checksum: 1"},
    {"attributes none", FACT_ATTRIBUTES_NONE, "firmware 05 NOTE there is no memory attributes table"},
    {"attributes damaged", FACT_ATTRIBUTES_DAMAGED, "firmware 05 BAD  the memory attributes table cannot be one"},
    {"open runtime code", FACT_OPEN_RUNTIME_CODE, "firmware 05 BAD  ranges of runtime services both writable and executable: 1"},
    {"caches off", FACT_CACHES_OFF, "firmware 06 BAD  caches were off, by CR0 bits: 1"},
    {"write protection off", FACT_WRITE_PROTECTION_OFF, "firmware 07 NOTE write protection was off (CR0.WP)"},
    {"cr4 left", FACT_CR4_LEFT, "firmware 08 NOTE unusual bits were set in CR4: 1"},
    {"efer left", FACT_EFER_LEFT, "firmware 09 NOTE unusual bits were set in EFER: 1"},
    {"la57", FACT_LA57, "firmware 10 NOTE paging of 5 levels was handed over (CR4.LA57)"},
    {"exit refusals", FACT_EXIT_REFUSALS, "firmware 11 NOTE tries of ExitBootServices that were refused: 1"},
    {"map odd size", FACT_MAP_ODD_SIZE, "firmware 12 BAD  the memory map's size is no multiple of its entries' size"},
    {"map too long", FACT_MAP_TOO_LONG, "firmware 12 BAD  the memory map has more entries than are believed"},
    {"map impossible", FACT_MAP_IMPOSSIBLE, "firmware 13 BAD  memory map entries that are empty or end past all memory: 1"},
    {"map unaligned", FACT_MAP_UNALIGNED, "firmware 14 BAD  memory map entries that do not begin at a page: 1"},
    {"map overlap", FACT_MAP_OVERLAP, "firmware 15 BAD  memory map entries that overlap others of another kind: 1"},
    {"map type", FACT_MAP_TYPE, "firmware 16 NOTE memory map entries of a type that UEFI does not define: 1"},
    {"map not free", FACT_MAP_NOT_FREE, "firmware 17 NOTE memory map entries free by type but not by attributes: 1"},
    {"map unsorted", FACT_MAP_UNSORTED, "firmware 18 NOTE the memory map is not in ascending order"},
    {"low page needed", FACT_LOW_PAGE_NEEDED, "firmware 19 BAD  no page below 640 KiB was free, so no other CPU can start"},
    {"low page none", FACT_LOW_PAGE_NONE, "firmware 19 NOTE no page below 640 KiB was free"},
    {"screen in free memory", FACT_SCREEN_IN_FREE_MEMORY, "firmware 20 BAD  the framebuffer lies in memory that is given away"},
    {"tables none", FACT_TABLES_NONE, "firmware 21 BAD  there is no list of ACPI tables that can be used"},
    {"tables by rsdt", FACT_TABLES_BY_RSDT, "firmware 21 BAD  the XSDT cannot be used, the RSDT can"},
    {"tables left out", FACT_TABLES_LEFT_OUT, "firmware 22 BAD  tables that are listed and cannot be used: 1"},
    {"tables checksum", FACT_TABLES_CHECKSUM, "firmware 23 NOTE tables that nobody needs with a wrong checksum: 1"},
    {"tables twice", FACT_TABLES_TWICE, "firmware 24 NOTE tables of which there should be one and is another: 1"},
    {"madt none", FACT_MADT_NONE, "firmware 25 BAD  there is no MADT to list the CPUs"},
    {"madt bad cpus", FACT_MADT_BAD_CPUS, "firmware 25 BAD  CPUs in the MADT listed twice or with an impossible id: 1"},
    {"madt bad entries", FACT_MADT_BAD_ENTRIES, "firmware 26 BAD  other entries of the MADT that cannot be: 1"},
    {"madt without boot cpu", FACT_MADT_WITHOUT_BOOT_CPU, "firmware 27 BAD  the MADT does not list the CPU that runs as enabled"},
    {"madt other local apic", FACT_MADT_OTHER_LOCAL_APIC, "firmware 28 BAD  the local APIC is not where the MADT says, but at: 1"},
    {"cpus absent", FACT_CPUS_ABSENT, "firmware 29 BAD  CPUs in the MADT that did not come up: 1"},
    {"fadt none", FACT_FADT_NONE, "firmware 30 BAD  there is no FADT"},
    {"fadt bad registers", FACT_FADT_BAD_REGISTERS, "firmware 30 BAD  registers in the FADT that cannot be where it says: 1"},
    {"reset register none", FACT_RESET_REGISTER_NONE, "firmware 30 NOTE the FADT names no reset register"},
    {"hpet impossible", FACT_HPET_IMPOSSIBLE, "firmware 31 BAD  the HPET is not where its table says"},
    {"hpet none", FACT_HPET_NONE, "firmware 31 NOTE no HPET is named"},
    {"mcfg none", FACT_MCFG_NONE, "firmware 32 NOTE there is no MCFG"},
    {"mcfg bad ranges", FACT_MCFG_BAD_RANGES, "firmware 32 BAD  ranges of the MCFG that overlap or cannot be: 1"},
    {"nx switched off", FACT_NX_SWITCHED_OFF, "firmware 41 BAD  NX is switched off (IA32_MISC_ENABLE)"},
    {"nx none", FACT_NX_NONE, "firmware 41 NOTE the CPU has no NX"},
    {"smep none", FACT_SMEP_NONE, "firmware 42 NOTE the CPU has no SMEP"},
    {"smap none", FACT_SMAP_NONE, "firmware 43 NOTE the CPU has no SMAP"},
    {"umip none", FACT_UMIP_NONE, "firmware 44 NOTE the CPU has no UMIP"},
    {"x2apic locked", FACT_X2APIC_LOCKED, "firmware 45 NOTE x2APIC mode is on and locked"},
    {"x2apic on", FACT_X2APIC_ON, "firmware 45 NOTE x2APIC mode was on already"},
    {"live local vectors", FACT_LIVE_LOCAL_VECTORS, "firmware 46 BAD  interrupts of the local APIC that were left unmasked: 1"},
    {"in service", FACT_IN_SERVICE, "firmware 46 BAD  interrupts that the firmware took and did not end: 1"},
    {"mtrr none", FACT_MTRR_NONE, "firmware 47 NOTE the CPU has no MTRRs"},
    {"mtrr off", FACT_MTRR_OFF, "firmware 47 BAD  the MTRRs are off, so that no memory is cached"},
    {"mtrr virtual other", FACT_MTRR_VIRTUAL_OTHER, "firmware 48 NOTE CPUs whose MTRRs the hypervisor does not keep at INIT: 1"},
    {"mtrr other", FACT_MTRR_OTHER, "firmware 48 BAD  CPUs that came up with other MTRRs than the first one's: 1"},
    {"microcode other", FACT_MICROCODE_OTHER, "firmware 49 BAD  CPUs with another microcode than the first one's: 1"},
    {"microcode unknown", FACT_MICROCODE_UNKNOWN, "firmware 49 NOTE the microcode's revision cannot be read"},
    {"microcode none", FACT_MICROCODE_NONE, "firmware 49 NOTE no microcode was loaded"},
    {"microcode", FACT_MICROCODE, "firmware 49 OK   microcode is loaded, of revision: 1"},
    {"smm open", FACT_SMM_OPEN, "firmware 50 BAD  SMM's memory is not locked"},
    {"smm unknown", FACT_SMM_UNKNOWN, "firmware 50 NOTE it is not known whether SMM's memory is locked"},
    {"meltdown", FACT_MELTDOWN, "firmware 51 NOTE the CPU lets programs read kernel memory (Meltdown)"},
    {"mds uncleared", FACT_MDS_UNCLEARED, "firmware 52 NOTE the CPU leaks through buffers (MDS) that cannot be cleared"},
    {"mds", FACT_MDS, "firmware 52 NOTE the CPU leaks through buffers (MDS) that can be cleared"},
    {"l1tf", FACT_L1TF, "firmware 53 NOTE the CPU leaks its first-level cache (L1TF)"},
    {"clocks refused", FACT_CLOCKS_REFUSED, "firmware 54 BAD  ACPI clocks that do not count as they should: 1"},
    {"clocks disagree", FACT_CLOCKS_DISAGREE, "firmware 55 BAD  clocks that disagree how long the boot took: 1"},
    {"tsc unsteady", FACT_TSC_UNSTEADY, "firmware 56 BAD  CPUs whose TSC does not stay with the first one's: 1"},
    {"tsc virtual unsteady", FACT_TSC_VIRTUAL_UNSTEADY, "firmware 56 NOTE CPUs whose TSC the hypervisor does not keep steady: 1"},
    {"tsc adjusted", FACT_TSC_ADJUSTED, "firmware 56 NOTE CPUs whose TSC was not set to the first one's: 1"},
    {"bus masters", FACT_BUS_MASTERS, "firmware 57 NOTE PCI functions that may still write to memory: 1"},
};
/* clang-format on */

_Static_assert(ARRAY_COUNT(fact_rows) == FIRMWARE_FACT_COUNT - 1, "every fact has a row");

static size_t write_all(char *text, const struct firmware_facts *facts)
{
    size_t length = 0;

    for (size_t i = 0; i < ARRAY_COUNT(groups); i++)
        length += firmware_text(text + length, TEXT_MAX - length, groups[i], facts);
    assert_int_equal(strlen(text), length);
    return length;
}

/* The fact's line, and that every other is as without it. */
static void one_fact_changes_one_line(void **state)
{
    const struct fact_row *row = *state;
    struct firmware_facts nothing = {{0}}, facts = {{0}};
    char before[TEXT_MAX], after[TEXT_MAX], *old, *new, *old_rest, *new_rest;
    unsigned changed = 0;

    facts.value[row->fact] = 1;
    write_all(before, &nothing);
    write_all(after, &facts);
    old = strtok_r(before, "\n", &old_rest);
    new = strtok_r(after, "\n", &new_rest);
    for (; old && new;
         old = strtok_r(NULL, "\n", &old_rest), new = strtok_r(NULL, "\n", &new_rest)) {
        assert_memory_equal(old, new, strlen("firmware 00"));
        if (strcmp(old, new) == 0)
            continue;
        assert_string_equal(new, row->line);
        changed++;
    }
    assert_true(!old && !new);
    assert_int_equal(changed, 1);
}

static void every_check_is_ok_where_nothing_is_wrong(void **state)
{
    struct firmware_facts nothing = {{0}};
    struct firmware_finding finding;
    unsigned count = 0, last = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++)
        for (size_t next = 0; (finding = firmware_judge(groups[i], &next, &nothing)).outcome;) {
            assert_int_equal(finding.verdict, FIRMWARE_OK);
            assert_true(finding.outcome->number > last);
            assert_true(finding.outcome->fact == FACT_NONE ? finding.outcome->verdict == FIRMWARE_OK
                                                           : finding.outcome->show != SHOW_NOTHING);
            last = finding.outcome->number;
            count++;
        }
    assert_true(count >= CHECKS_MIN);
}

/* A compiler lets a text that just fits go without its end. */
static void every_sentence_has_an_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(groups); i++)
        for (size_t j = 0; j < groups[i]->count; j++)
            assert_non_null(memchr(groups[i]->outcomes[j].sentence, 0,
                                   sizeof(groups[i]->outcomes[j].sentence)));
}

static void the_worst_of_a_check_counts(void **state)
{
    struct firmware_facts facts = {{0}};
    char text[TEXT_MAX];

    (void)state;
    facts.value[FACT_RSDP_2_DAMAGED] = facts.value[FACT_RSDP_1_ONLY] = 1;
    facts.value[FACT_MDS] = facts.value[FACT_MDS_UNCLEARED] = 2;
    facts.value[FACT_CR4_LEFT] = 0x800000;
    facts.value[FACT_MAP_OVERLAP] = 17;
    write_all(text, &facts);
    assert_contains(text, "firmware 01 BAD  the root pointer of ACPI 2.0 is damaged\n");
    assert_contains(text, "firmware 52 NOTE the CPU leaks through buffers (MDS) that cannot be");
    assert_contains(text, "firmware 08 NOTE unusual bits were set in CR4: 800000\n");
    assert_contains(text, "another kind: 17\n");
}

/* A text that has no room for a line ends before it. */
static void no_line_is_cut(void **state)
{
    struct firmware_facts facts = {{0}};
    char whole[TEXT_MAX];
    size_t all = firmware_text(whole, sizeof(whole), &firmware_loader_checks, &facts);

    (void)state;
    for (size_t size = 0; size <= all + 1; size++) {
        char *text = malloc(size + (size == 0));
        size_t length = firmware_text(text, size, &firmware_loader_checks, &facts);

        assert_true(length < size || size == 0);
        if (size > 0)
            assert_int_equal(text[length], 0);
        assert_memory_equal(text, whole, length);
        assert_true(length == 0 || text[length - 1] == '\n');
        assert_int_equal(length == all, size == all + 1);
        free(text);
    }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, one_fact_changes_one_line, fact_rows);
    HOST_ADD(&tests, every_check_is_ok_where_nothing_is_wrong);
    HOST_ADD(&tests, every_sentence_has_an_end);
    HOST_ADD(&tests, the_worst_of_a_check_counts);
    HOST_ADD(&tests, no_line_is_cut);
    return host_tests_run(&tests, "firmware audit");
}
