/* Where ACPI's tables lie, told from memory that may hold anything. */
#include "../../kernel/mm/acpi_tables.c"

#include "host_test.h"

#define BASE    0x10000
#define BYTES   0x4000
#define SEEN    64
#define LARGEST (16 * MIB)

struct machine {
    uint8_t memory[BYTES];
    struct {
        paddr_t phys;
        uint64_t bytes;
    } seen[SEEN];
    unsigned seen_count;
};

static const void *read_at(void *context, paddr_t phys, uint64_t bytes)
{
    struct machine *machine = context;

    if (phys < BASE || phys - BASE > BYTES || bytes > BYTES - (phys - BASE))
        return NULL;
    return machine->memory + (phys - BASE);
}

static void remember(void *context, paddr_t phys, uint64_t bytes)
{
    struct machine *machine = context;

    if (machine->seen_count < SEEN) {
        machine->seen[machine->seen_count].phys = phys;
        machine->seen[machine->seen_count].bytes = bytes;
    }
    machine->seen_count++;
}

static void put(struct machine *machine, paddr_t phys, uint64_t value, size_t bytes)
{
    memcpy(machine->memory + (phys - BASE), &value, bytes);
}

static void put_header(struct machine *machine, paddr_t phys, const char *signature,
                       uint32_t length)
{
    memcpy(machine->memory + (phys - BASE), signature, 4);
    put(machine, phys + 4, length, 4);
}

static void visit(struct machine *machine, paddr_t rsdt, paddr_t xsdt)
{
    struct acpi_reader reader = {.at = read_at, .visit = remember, .context = machine};
    struct rsdp root = {.rsdt = rsdt, .xsdt = xsdt};

    machine->seen_count = 0;
    acpi_tables_visit(&reader, &root);
}

static void assert_seen(const struct machine *machine, unsigned at, paddr_t phys, uint64_t bytes)
{
    assert_true(at < machine->seen_count);
    assert_int_equal(machine->seen[at].phys, phys);
    assert_int_equal(machine->seen[at].bytes, bytes);
}

/* An XSDT at an odd address with a MADT and a FADT, which names its DSDT twice and its FACS once. */
static void make_good(struct machine *machine)
{
    memset(machine, 0, sizeof(*machine));
    put_header(machine, BASE + 1, "XSDT", 36 + 2 * 8);
    put(machine, BASE + 1 + 36, BASE + 0x100, 8);
    put(machine, BASE + 1 + 44, BASE + 0x200, 8);
    put_header(machine, BASE + 0x100, "APIC", 100);
    put_header(machine, BASE + 0x200, "FACP", 276);
    put(machine, BASE + 0x200 + 36, BASE + 0x400, 4);
    put(machine, BASE + 0x200 + 40, 0x77, 4);
    put(machine, BASE + 0x200 + 140, BASE + 0x500, 8);
    put_header(machine, BASE + 0x400, "FACS", 64);
    put_header(machine, BASE + 0x500, "DSDT", 3000);
}

static void every_table_is_visited(void **state)
{
    static struct machine machine;

    (void)state;
    make_good(&machine);
    visit(&machine, 0x123, BASE + 1);
    assert_int_equal(machine.seen_count, 5);
    assert_seen(&machine, 0, BASE + 1, 52);
    assert_seen(&machine, 1, BASE + 0x100, 100);
    assert_seen(&machine, 2, BASE + 0x200, 276);
    assert_seen(&machine, 3, BASE + 0x400, 64);
    assert_seen(&machine, 4, BASE + 0x500, 3000);
}

static void without_an_xsdt_the_rsdt_counts(void **state)
{
    static struct machine machine;

    (void)state;
    make_good(&machine);
    put_header(&machine, BASE + 0x800, "RSDT", 36 + 4);
    put(&machine, BASE + 0x800 + 36, BASE + 0x100, 4);
    visit(&machine, BASE + 0x800, 0);
    assert_int_equal(machine.seen_count, 2);
    assert_seen(&machine, 1, BASE + 0x100, 100);
}

/* ACPI 1.0's FADT ends before the wide addresses. */
static void a_short_fadt_has_narrow_addresses_only(void **state)
{
    static struct machine machine;

    (void)state;
    make_good(&machine);
    put(&machine, BASE + 0x200 + 4, 116, 4);
    visit(&machine, 0, BASE + 1);
    assert_int_equal(machine.seen_count, 4); /* the DSDT's narrow address leads nowhere */
    put(&machine, BASE + 0x200 + 40, BASE + 0x500, 4);
    visit(&machine, 0, BASE + 1);
    assert_int_equal(machine.seen_count, 5);
    put(&machine, BASE + 0x200 + 4, 36, 4);
    visit(&machine, 0, BASE + 1);
    assert_int_equal(machine.seen_count, 3);
}

static void absurd_lengths_are_not_believed(void **state)
{
    static const uint32_t lengths[] = {0, 1, 35, LARGEST + 1, UINT32_MAX};
    static struct machine machine;

    (void)state;
    for (unsigned i = 0; i < ARRAY_COUNT(lengths); i++) {
        make_good(&machine);
        put(&machine, BASE + 0x100 + 4, lengths[i], 4);
        visit(&machine, 0, BASE + 1);
        assert_int_equal(machine.seen_count, 4);
        put(&machine, BASE + 1 + 4, lengths[i], 4);
        visit(&machine, 0, BASE + 1);
        assert_int_equal(machine.seen_count, 0);
    }
    make_good(&machine);
    put(&machine, BASE + 0x100 + 4, LARGEST, 4);
    visit(&machine, 0, BASE + 1);
    assert_int_equal(machine.seen_count, 5);
}

/* 2 million entries that all name the root itself. */
static void a_root_table_without_end_ends(void **state)
{
    static struct machine machine;

    (void)state;
    memset(&machine, 0, sizeof(machine));
    put_header(&machine, BASE, "XSDT", LARGEST);
    for (paddr_t at = BASE + 36; at + 8 <= BASE + BYTES; at += 8)
        put(&machine, at, BASE, 8);
    visit(&machine, 0, BASE);
    assert_true(machine.seen_count <= 1 + 1024);
    assert_true(machine.seen_count >= 1024);
}

static void addresses_that_lead_nowhere_are_passed_over(void **state)
{
    static const paddr_t nowhere[] = {
        0, 1, BASE - 1, BASE + BYTES - 35, UINT64_MAX, UINT64_MAX - 35};
    static struct machine machine;

    (void)state;
    for (unsigned i = 0; i < ARRAY_COUNT(nowhere); i++) {
        make_good(&machine);
        visit(&machine, 0, nowhere[i]);
        assert_int_equal(machine.seen_count, 0);
        put(&machine, BASE + 1 + 36, nowhere[i], 8);
        put(&machine, BASE + 0x200 + 140, nowhere[i], 8);
        visit(&machine, 0, BASE + 1);
        assert_int_equal(machine.seen_count, 3);
    }
}

static void random_memory_is_survived(void **state)
{
    static struct machine machine;
    uint64_t seed = 0x5eed0006;

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        make_good(&machine);
        for (unsigned i = 0; i < 40; i++)
            machine.memory[random_below(&seed, 0x600)] = (uint8_t)random_next(&seed);
        visit(&machine, 0, BASE + 1);
    }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, every_table_is_visited);
    HOST_ADD(&tests, without_an_xsdt_the_rsdt_counts);
    HOST_ADD(&tests, a_short_fadt_has_narrow_addresses_only);
    HOST_ADD(&tests, absurd_lengths_are_not_believed);
    HOST_ADD(&tests, a_root_table_without_end_ends);
    HOST_ADD(&tests, addresses_that_lead_nowhere_are_passed_over);
    HOST_ADD(&tests, random_memory_is_survived);
    return host_tests_run(&tests, "ACPI tables");
}
