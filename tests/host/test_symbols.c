/*
 * Symbol tables: two small ones (tests/fuzz/corpus/symbols, made from one source by gcc and by clang) are
 * read, and each way to refuse one is seen. What the kernel's own table says is compared with addr2line
 * in tests/boot/test_symbols.py.
 */
#include "host_test.h"
#include "lib/checksum.h"
#include "lib/symbols.h"

#define TEXT_START   UINT64_C(0xffffffff80000000)
#define DATA_START   UINT64_C(0xffffffff80700000) /* wherever: the table says how far from here */
#define CHECKED_FROM (offsetof(struct symbols_header, checksum) + sizeof(uint64_t))
#define TABLE_MAX    4096

struct table {
    uint8_t bytes[TABLE_MAX];
    size_t size;
};

static void read_seed(struct table *table, const char *name)
{
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "tests/fuzz/corpus/symbols/%s", name);
    file = fopen(path, "rb");
    assert_non_null(file);
    table->size = fread(table->bytes, 1, TABLE_MAX, file);
    fclose(file);
}

/* After a change, so that the change itself is what is found. */
static void sign(struct table *table)
{
    uint64_t sum = checksum64(table->bytes + CHECKED_FROM, table->size - CHECKED_FROM);

    memcpy(table->bytes + offsetof(struct symbols_header, checksum), &sum, sizeof(sum));
}

static void add_to_field(struct table *table, size_t offset, uint32_t amount)
{
    uint32_t value;

    memcpy(&value, table->bytes + offset, sizeof(value));
    value += amount;
    memcpy(table->bytes + offset, &value, sizeof(value));
}

static struct refusal {
    const char *name;
    size_t cut;   /* bytes taken off the end */
    size_t field; /* a 32-bit field that grows by `amount` */
    uint32_t amount;
    bool is_signed;
    const char *problem; /* NULL: it opens */
} refusals[] = {
    {"untouched", 0, 0, 0, false, NULL},
    {"shorter than its header", 500, 0, 0, false, "it is shorter than its header"},
    {"magic", 0, 0, 1, true, "it does not begin with the magic number"},
    {"cut by a byte", 1, 0, 0, true, "its size is not what its header says"},
    {"a byte altered", 0, 100, 1, false, "its checksum is wrong"},
    {"text elsewhere", 0, offsetof(struct symbols_header, text_start), 4096, true,
     "it was made for a kernel whose text lies elsewhere"},
    {"a longer part", 0, offsetof(struct symbols_header, counts) + 4 * SYMBOLS_STRINGS, 1, true,
     "its parts are not as long as it is"},
    {"a much longer part", 0, offsetof(struct symbols_header, counts), 0x80000000, true,
     "its parts are not as long as it is"},
};

static void test_refusals(void **state)
{
    const struct refusal *row = *state;
    struct symbols_place places[SYMBOLS_PLACES_MAX];
    struct symbols symbols;
    struct table table;
    uint8_t *block, *copy;
    const char *problem;

    read_seed(&table, "gcc");
    table.size -= row->cut < table.size ? row->cut : table.size;
    if (row->amount)
        add_to_field(&table, row->field, row->amount);
    if (row->is_signed)
        sign(&table);
    copy = guarded_copy(&block, table.bytes, table.size, 1);
    problem = symbols_open(&symbols, copy, table.size, TEXT_START, DATA_START);
    assert_contains(problem, row->problem);
    assert_int_equal(symbols_find(&symbols, TEXT_START, places, SYMBOLS_PLACES_MAX) > 0,
                     row->problem == NULL);
    free(block);
}

/* `NAME FILE:LINE, NAME FILE:LINE`, innermost first; the last one with its offset. */
static const char *tell(const struct symbols *symbols, vaddr_t address, size_t max)
{
    static char text[1024];
    struct symbols_place places[SYMBOLS_PLACES_MAX];
    size_t length = 0, count = symbols_find(symbols, address, places, max);

    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        struct symbols_text name = symbols_name(symbols, &places[i]);
        struct symbols_text file = symbols_file(symbols, &places[i]);

        assert_int_equal(places[i].inlined, i + 1 < count);
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%.*s %.*s:%u%s",
                                   (int)name.length, name.text, (int)file.length, file.text,
                                   (unsigned)places[i].line, i + 1 < count ? ", " : "");
        if (i + 1 == count)
            snprintf(text + length, sizeof(text) - length, " +%x", (unsigned)places[i].offset);
    }
    return text;
}

static void open_seed(struct symbols *symbols, struct table *table, const char *name)
{
    read_seed(table, name);
    assert_null(symbols_open(symbols, table->bytes, table->size, TEXT_START, DATA_START));
}

/* Some address in text must have these places. */
static void assert_somewhere(const struct symbols *symbols, size_t max, const char *places)
{
    for (vaddr_t at = TEXT_START; at < TEXT_START + 256; at++)
        if (strncmp(tell(symbols, at, max), places, strlen(places)) == 0)
            return;
    fail_msg("nowhere: %s", places);
}

static void test_places(void **state)
{
    static const char *const seeds[] = {"gcc", "clang"};
    struct symbols symbols;
    struct table table;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(seeds); i++) {
        open_seed(&symbols, &table, seeds[i]);
        assert_somewhere(&symbols, 12, "deep seed.c:3, mid seed.c:6, outer seed.c:10 +");
        assert_somewhere(&symbols, 12, "deep seed.c:3, odd elsewhere.h:4000, far seed.c:16 +");
        assert_somewhere(&symbols, 12, "deep seed.c:3, odd elsewhere.h:60000, far seed.c:16 +");
        assert_somewhere(&symbols, 2, "deep seed.c:3, outer seed.c:10 +");
        assert_somewhere(&symbols, 1, "outer seed.c:10 +");
    }
}

static void test_variables_and_gaps(void **state)
{
    struct symbols symbols;
    struct table table;

    (void)state;
    open_seed(&symbols, &table, "gcc");
    assert_somewhere(&symbols, 12, "table :0 +f"); /* constant, so behind the text */
    assert_string_equal(tell(&symbols, DATA_START, 12), "counter :0 +0");
    assert_string_equal(tell(&symbols, DATA_START + 3, 12), "counter :0 +3");
    assert_string_equal(tell(&symbols, DATA_START + 4, 12), "");
    assert_string_equal(tell(&symbols, TEXT_START - 1, 12), "");
    assert_string_equal(tell(&symbols, DATA_START - 1, 12), "");
    assert_string_equal(tell(&symbols, UINT64_MAX, 12), "");
    assert_string_equal(tell(&symbols, 0, 12), "");
    assert_string_equal(tell(&symbols, TEXT_START + symbols.header.fixed_bytes, 12), "");
    assert_string_equal(tell(&symbols, TEXT_START, 0), "");
}

/* Offsets have 32 bits; an address farther away must not come around. */
static void test_far_away(void **state)
{
    struct symbols symbols;
    struct table table;

    (void)state;
    read_seed(&table, "gcc");
    assert_null(symbols_open(&symbols, table.bytes, table.size, TEXT_START, PAGE_SIZE));
    assert_string_equal(tell(&symbols, PAGE_SIZE, 12), "counter :0 +0");
    assert_string_equal(tell(&symbols, PAGE_SIZE + (UINT64_C(1) << 32), 12), "");
}

int main(void)
{
    struct host_tests tests = {0};

    HOST_ADD_ROWS(&tests, test_refusals, refusals);
    HOST_ADD(&tests, test_places);
    HOST_ADD(&tests, test_variables_and_gaps);
    HOST_ADD(&tests, test_far_away);
    return host_tests_run(&tests, "symbols");
}
