/* The root pointer: good ones of each revision, and each bad one that differs from a good one by a single fact. */
#include "host_test.h"
#include "lib/rsdp.h"

#define AREA 64

/* Offsets of ACPI 6.5, table 5.3. */
enum {
    SIGNATURE = 0,
    CHECKSUM = 8,
    OEM = 9,
    REVISION = 15,
    RSDT = 16,
    LENGTH = 20,
    XSDT = 24,
    CHECKSUM_ALL = 32
};

static void store(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void correct(uint8_t *bytes, size_t checksum, size_t size)
{
    uint8_t sum = 0;

    bytes[checksum] = 0;
    for (size_t i = 0; i < size && i < AREA; i++)
        sum = (uint8_t)(sum + bytes[i]);
    bytes[checksum] = (uint8_t)(0 - sum);
}

static void make(uint8_t bytes[AREA], unsigned revision, uint32_t rsdt, uint64_t xsdt,
                 uint32_t length)
{
    memset(bytes, 0, AREA);
    memcpy(bytes + SIGNATURE, "RSD PTR ", 8);
    memcpy(bytes + OEM, "BOCHS ", 6);
    bytes[REVISION] = (uint8_t)revision;
    store(bytes + RSDT, rsdt, 4);
    store(bytes + LENGTH, length, 4);
    store(bytes + XSDT, xsdt, 8);
    correct(bytes, CHECKSUM, 20);
    correct(bytes, CHECKSUM_ALL, length);
}

struct row {
    const char *name;
    unsigned revision;
    uint32_t rsdt;
    uint64_t xsdt;
    uint32_t length;
    size_t size; /* bytes that may be read */
    int damaged; /* offset of a byte that is wrong after the checksums were made, or -1 */
    const char *problem;
    uint64_t xsdt_seen;
};

/* clang-format off */
static struct row rows[] = {
    {"revision 0", 0, 0x1000, 0, 0, 20, -1, NULL, 0},
    {"revision 0 never has an XSDT", 0, 0x1000, 0x2000, 36, 36, -1, NULL, 0},
    {"revision 0, wrong beyond 20 bytes", 0, 0x1000, 0x2000, 36, 36, CHECKSUM_ALL, NULL, 0},
    {"revision 1 is read like 0", 1, 0x1000, 0x2000, 3, 36, -1, NULL, 0},
    {"revision 2", 2, 0x1000, 0x123456789abcdef0, 36, 36, -1, NULL, 0x123456789abcdef0},
    {"revision 2, no XSDT", 2, 0x1000, 0, 36, 36, -1, NULL, 0},
    {"revision 2, no RSDT", 2, 0, 0x2000, 36, 36, -1, NULL, 0x2000},
    {"revision 255", 255, 0x1000, 0x2000, 36, 36, -1, NULL, 0x2000},
    {"longer than 36", 2, 0x1000, 0x2000, 48, 48, -1, NULL, 0x2000},
    {"length 36, more readable", 2, 0x1000, 0x2000, 36, 48, -1, NULL, 0x2000},
    {"nothing to read", 0, 0x1000, 0, 0, 0, -1, "shorter than 20", 0},
    {"19 bytes", 0, 0x1000, 0, 0, 19, -1, "shorter than 20", 0},
    {"revision 2 in 20 bytes", 2, 0x1000, 0x2000, 36, 20, -1, "shorter than the 36", 0},
    {"revision 2 in 35 bytes", 2, 0x1000, 0x2000, 36, 35, -1, "shorter than the 36", 0},
    {"length 0", 2, 0x1000, 0x2000, 0, 36, -1, "length field is under 36", 0},
    {"length 19", 2, 0x1000, 0x2000, 19, 36, -1, "length field is under 36", 0},
    {"length 20", 2, 0x1000, 0x2000, 20, 36, -1, "length field is under 36", 0},
    {"length 35", 2, 0x1000, 0x2000, 35, 36, -1, "length field is under 36", 0},
    {"length 37 of 36", 2, 0x1000, 0x2000, 37, 36, -1, "more than there is", 0},
    {"length 4 GiB - 1", 2, 0x1000, 0x2000, UINT32_MAX, 36, -1, "more than there is", 0},
    {"first letter of the signature", 2, 0x1000, 0x2000, 36, 36, SIGNATURE, "signature", 0},
    {"blank of the signature", 2, 0x1000, 0x2000, 36, 36, SIGNATURE + 7, "signature", 0},
    {"first checksum", 2, 0x1000, 0x2000, 36, 36, CHECKSUM, "first checksum", 0},
    {"RSDT changed", 0, 0x1000, 0, 0, 20, RSDT + 3, "first checksum", 0},
    {"second checksum", 2, 0x1000, 0x2000, 36, 36, CHECKSUM_ALL, "second checksum", 0},
    {"XSDT changed", 2, 0x1000, 0x2000, 36, 36, XSDT + 7, "second checksum", 0},
    {"a byte beyond 36 changed", 2, 0x1000, 0x2000, 48, 48, 47, "second checksum", 0},
    {"revision 0 without RSDT", 0, 0, 0, 0, 20, -1, "neither", 0},
    {"revision 0 without RSDT, but an XSDT", 0, 0, 0x2000, 36, 36, -1, "neither", 0},
    {"revision 2 with neither", 2, 0, 0, 36, 36, -1, "neither", 0},
};
/* clang-format on */

static void root_pointer(void **state)
{
    static const struct rsdp nothing;
    const struct row *row = *state;
    uint8_t good[AREA], *block, *bytes;
    struct rsdp rsdp;

    make(good, row->revision, row->rsdt, row->xsdt, row->length);
    if (row->damaged >= 0)
        good[row->damaged] ^= 0x10;
    bytes = guarded_copy(&block, good, row->size, 1);
    memset(&rsdp, 0xcc, sizeof(rsdp));
    assert_contains(rsdp_read(&rsdp, bytes, row->size), row->problem);
    if (row->problem) {
        assert_memory_equal(&rsdp, &nothing, sizeof(rsdp));
    } else {
        assert_int_equal(rsdp.revision, row->revision);
        assert_int_equal(rsdp.rsdt, row->rsdt);
        assert_int_equal(rsdp.xsdt, row->xsdt_seen);
        assert_string_equal(rsdp.oem_id, "BOCHS");
    }
    free(block);
}

static void the_oem_id_is_made_printable(void **state)
{
    static const struct {
        const char *in, *out;
    } ids[] = {
        {"ABCDEF", "ABCDEF"}, {"      ", ""},   {"\0\0\0\0\0\0", ""},
        {"A \0 \0 ", "A"},    {" A    ", " A"}, {"A\001\x7f\x80\xff~", "A????~"},
        {"A\0B   ", "A?B"},
    };
    uint8_t bytes[AREA];
    struct rsdp rsdp;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        make(bytes, 0, 0x1000, 0, 0);
        memcpy(bytes + OEM, ids[i].in, 6);
        correct(bytes, CHECKSUM, 20);
        assert_null(rsdp_read(&rsdp, bytes, 20));
        assert_string_equal(rsdp.oem_id, ids[i].out);
    }
    /* All blank, whatever stands before it: among these checksums are blank and 0. */
    for (uint32_t rsdt = 1; rsdt <= 256; rsdt++) {
        make(bytes, 0, rsdt, 0, 0);
        memcpy(bytes + OEM, "      ", 6);
        correct(bytes, CHECKSUM, 20);
        assert_null(rsdp_read(&rsdp, bytes, 20));
        assert_string_equal(rsdp.oem_id, "");
    }
}

static void every_single_changed_bit_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 36 * 8; bit++) {
        uint8_t bytes[AREA], *block, *copy;
        struct rsdp rsdp;

        make(bytes, 2, 0x1000, 0x2000, 36);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        copy = guarded_copy(&block, bytes, 36, 0);
        assert_non_null(rsdp_read(&rsdp, copy, 36));
        free(block);
    }
}

static void every_truncation_is_noticed(void **state)
{
    uint8_t bytes[AREA], *block, *copy;
    struct rsdp rsdp;

    (void)state;
    make(bytes, 2, 0x1000, 0x2000, 36);
    for (size_t size = 0; size < 36; size++) {
        copy = guarded_copy(&block, bytes, size, 0);
        assert_non_null(rsdp_read(&rsdp, copy, size));
        free(block);
    }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, root_pointer, rows);
    HOST_ADD(&tests, the_oem_id_is_made_printable);
    HOST_ADD(&tests, every_single_changed_bit_is_noticed);
    HOST_ADD(&tests, every_truncation_is_noticed);
    return host_tests_run(&tests, "rsdp");
}
