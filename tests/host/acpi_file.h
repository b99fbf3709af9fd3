/*
 * Machines made of ACPI tables, as text files: tests/host/acpi/NAME.txt.
 *
 *   # what is wrong with it                  comment, to the line's end, anywhere
 *   cpus: 0 1                                what the parser must find, line by line (test_acpi.c prints it), and
 *   warning: the RSDT at 0 ...               every warning, in order
 *   ---
 *   rsdp REVISION RSDT XSDT                  not given: revision 2, no RSDT, and an XSDT that names every table
 *   table SIGNATURE REVISION [KEY N] ...     begins a table with a right header; the lines below are its bytes:
 *     u8 N  u16 N  u32 N  u64 N              numbers, 0x for hexadecimal
 *     gas SPACE WIDTH OFFSET ACCESS ADDRESS  a Generic Address Structure
 *     zero N                                 N bytes of 0
 *     "text"                                 characters
 *
 * Keys of a table: `at N`, its address (not given: an odd one of its own); `length N`, what its length field says;
 * `sum N`, added to the right checksum; `cut N`, how many bytes of it can be reached; `unlisted 1`, not in the XSDT.
 */
#ifndef TESTS_ACPI_FILE_H
#define TESTS_ACPI_FILE_H

#include "host_test.h"
#include "lib/acpi.h"

#define ACPI_FILE_TABLES 160
#define ACPI_FILE_BYTES  (256 * 1024)

struct acpi_region {
    paddr_t address;
    size_t size, reachable;
    long length, sum; /* -1: what is right */
    bool unlisted;
    uint8_t *bytes, *block, *readable; /* as it was made; a guarded copy of what can be reached */
};

struct acpi_file {
    char *expected; /* the text before the line `---`, without comments */
    struct rsdp rsdp;
    struct acpi_region regions[ACPI_FILE_TABLES];
    size_t count;
};

static inline void acpi_put(struct acpi_region *region, uint64_t value, size_t bytes)
{
    assert_true(region->size + bytes <= ACPI_FILE_BYTES);
    for (size_t i = 0; i < bytes; i++)
        region->bytes[region->size++] = (uint8_t)(value >> 8 * i);
}

/* A header with room for length and checksum. */
static inline struct acpi_region *acpi_begin(struct acpi_file *file, const char *signature,
                                             unsigned revision)
{
    struct acpi_region *region = &file->regions[file->count];

    assert_true(file->count < ACPI_FILE_TABLES);
    *region = (struct acpi_region){.address = 0x2003 + 0x100000 * file->count,
                                   .reachable = SIZE_MAX,
                                   .length = -1,
                                   .bytes = calloc(1, ACPI_FILE_BYTES)};
    file->count++;
    assert_int_equal(strlen(signature), 4);
    memcpy(region->bytes, signature, 4);
    region->bytes[8] = (uint8_t)revision;
    memcpy(region->bytes + 10, "TESTER", 6);
    region->size = ACPI_HEADER_BYTES;
    return region;
}

static inline uint8_t acpi_file_sum(const uint8_t *bytes, size_t size)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < size; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return sum;
}

/* Length and checksum, and the copy that is handed out. */
static inline void acpi_end(struct acpi_region *region)
{
    size_t length = region->length < 0 ? region->size : (size_t)region->length;
    size_t end = region->size;

    region->size = 4;
    acpi_put(region, length, 4);
    region->size = end;
    region->bytes[9] = 0;
    region->bytes[9] =
        (uint8_t)(region->sum - acpi_file_sum(region->bytes, length < end ? length : end));
    if (region->reachable > end)
        region->reachable = end;
    region->readable = guarded_copy(&region->block, region->bytes, region->reachable, 1);
}

static inline void acpi_add_xsdt(struct acpi_file *file)
{
    struct acpi_region *xsdt = acpi_begin(file, "XSDT", 1);

    for (size_t i = 0; i + 1 < file->count; i++)
        if (!file->regions[i].unlisted)
            acpi_put(xsdt, file->regions[i].address, 8);
    file->rsdp = (struct rsdp){.revision = 2, .xsdt = xsdt->address};
}

static inline const void *acpi_file_map(void *context, paddr_t at, uint64_t bytes)
{
    const struct acpi_file *file = context;

    assert_true(bytes > 0 && at + bytes > at);
    for (size_t i = 0; i < file->count; i++) {
        const struct acpi_region *region = &file->regions[i];

        if (at >= region->address && at - region->address < region->reachable &&
            bytes <= region->reachable - (at - region->address))
            return region->readable + (at - region->address);
    }
    return NULL;
}

/* ---- the text ---- */

static inline uint64_t acpi_number(void)
{
    const char *word = strtok(NULL, " ");
    char *end;
    uint64_t value;

    assert_non_null(word);
    value = strtoull(word, &end, 0);
    assert_int_equal(*end, '\0');
    return value;
}

static inline void acpi_read_table_line(struct acpi_file *file)
{
    const char *signature = strtok(NULL, " "), *key;
    struct acpi_region *region = acpi_begin(file, signature, (unsigned)acpi_number());

    while ((key = strtok(NULL, " "))) {
        uint64_t value = acpi_number();

        if (strcmp(key, "at") == 0)
            region->address = value;
        else if (strcmp(key, "length") == 0)
            region->length = (long)value;
        else if (strcmp(key, "sum") == 0)
            region->sum = (long)value;
        else if (strcmp(key, "cut") == 0)
            region->reachable = value;
        else if (strcmp(key, "unlisted") == 0)
            region->unlisted = value;
        else
            fail_msg("unknown key %s", key);
    }
}

static inline void acpi_read_data(struct acpi_region *region, const char *word)
{
    static const uint8_t gas_fields[] = {1, 1, 1, 1, 8};

    if (word[0] == '"') {
        for (word++; *word && *word != '"'; word++)
            acpi_put(region, (uint8_t)*word, 1);
    } else if (word[0] == 'u') {
        acpi_put(region, acpi_number(), strtoul(word + 1, NULL, 10) / 8);
    } else if (strcmp(word, "gas") == 0) {
        for (size_t i = 0; i < ARRAY_COUNT(gas_fields); i++)
            acpi_put(region, acpi_number(), gas_fields[i]);
    } else if (strcmp(word, "zero") == 0) {
        for (uint64_t left = acpi_number(); left > 0; left--)
            acpi_put(region, 0, 1);
    } else {
        fail_msg("unknown word %s", word);
    }
}

static inline void acpi_read_line(struct acpi_file *file, char *line, bool *has_rsdp)
{
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        if (strcmp(word, "rsdp") == 0) {
            *has_rsdp = true;
            file->rsdp.revision = (unsigned)acpi_number();
            file->rsdp.rsdt = acpi_number();
            file->rsdp.xsdt = acpi_number();
        } else if (strcmp(word, "table") == 0) {
            acpi_read_table_line(file);
        } else {
            assert_true(file->count > 0);
            acpi_read_data(&file->regions[file->count - 1], word);
        }
    }
}

/* Free it with acpi_file_free(). */
static inline void acpi_file_read(struct acpi_file *file, const char *path)
{
    FILE *stream = fopen(path, "r");
    bool in_tables = false, has_rsdp = false;
    char line[512];

    assert_non_null(stream);
    memset(file, 0, sizeof(*file));
    file->expected = calloc(1, ACPI_FILE_BYTES);
    while (fgets(line, sizeof(line), stream)) {
        size_t length = strcspn(line, "#\n");

        while (length > 0 && line[length - 1] == ' ')
            length--;
        line[length] = '\0';
        if (in_tables)
            acpi_read_line(file, line, &has_rsdp);
        else if (strcmp(line, "---") == 0)
            in_tables = true;
        else if (length > 0)
            strcat(strcat(file->expected, line), "\n");
    }
    fclose(stream);
    assert_true(in_tables);
    if (!has_rsdp)
        acpi_add_xsdt(file);
    for (size_t i = 0; i < file->count; i++)
        acpi_end(&file->regions[i]);
}

static inline void acpi_file_free(struct acpi_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        free(file->regions[i].block);
        free(file->regions[i].bytes);
    }
    free(file->expected);
}

#endif
