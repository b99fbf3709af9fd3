/*
 * From the root pointer to the tables. A table counts as one only when all the bytes it says it has can be reached; so
 * the parsers behind this need no more than its length.
 */
#include "lib/acpi_table.h"

#include "acpi_internal.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define HEADER_LENGTH   4
#define HEADER_REVISION 8
#define HEADER_OEM_ID   10

struct finder {
    struct acpi_tables *list;
    bool (*is_needed)(const char *signature);
    const struct acpi_memory *memory;
    const struct diagnostics *diagnostics;
};

static const uint8_t *map(const struct finder *finder, paddr_t at, uint64_t bytes)
{
    if (at > UINT64_MAX - bytes)
        return NULL; /* it would go round */
    return finder->memory->map(finder->memory->context, at, bytes);
}

/* NULL, or what keeps the table at `address` from being one; the header's fields are set as far as they could be read. */
static const char *open_table(const struct finder *finder, struct acpi_table *table,
                              paddr_t address)
{
    const uint8_t *header = map(finder, address, ACPI_HEADER_BYTES);

    memset(table, 0, sizeof(*table));
    table->address = address;
    if (!header)
        return "cannot be reached";
    acpi_copy_text(table->signature, header, sizeof(table->signature) - 1);
    acpi_copy_text(table->oem_id, header + HEADER_OEM_ID, sizeof(table->oem_id) - 1);
    table->revision = header[HEADER_REVISION];
    table->length = bytes_read32(header + HEADER_LENGTH);
    if (table->length < ACPI_HEADER_BYTES)
        return "is shorter than its header";
    if (table->length > ACPI_TABLE_BYTES_MAX)
        return "says it is longer than 16 MiB";
    table->bytes = map(finder, address, table->length);
    if (!table->bytes)
        return "is longer than the memory it lies in";
    table->checksum_wrong = acpi_sum(table->bytes, table->length) != 0;
    return NULL;
}

static bool is_listed(const struct acpi_tables *list, paddr_t address)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->tables[i].address == address)
            return true;
    return false;
}

static const char *take_table(struct finder *finder, struct acpi_table *table, paddr_t address)
{
    const char *problem;

    if (address == 0)
        return "is nowhere";
    if (is_listed(finder->list, address))
        return "is listed twice";
    problem = open_table(finder, table, address);
    if (problem)
        return problem;
    if (strcmp(table->signature, "XSDT") == 0 || strcmp(table->signature, "RSDT") == 0)
        return "is itself a list of tables";
    if (table->checksum_wrong && finder->is_needed(table->signature))
        return "has a wrong checksum";
    return NULL;
}

/* What follows the entries that are believed is not worth a line each. */
static void take_entries(struct finder *finder, const struct acpi_table *root, size_t entry_bytes)
{
    struct acpi_tables *list = finder->list;
    size_t count = (root->length - ACPI_HEADER_BYTES) / entry_bytes;

    for (size_t i = 0; i < count && i < ACPI_TABLES_MAX; i++) {
        struct acpi_table *table = &list->tables[list->count];
        paddr_t address =
            bytes_read(root->bytes + ACPI_HEADER_BYTES + i * entry_bytes, entry_bytes);
        const char *problem;

        memset(table, 0, sizeof(*table));
        problem = take_table(finder, table, address);
        list->left_out_count += problem != NULL;
        if (problem)
            diagnostics_warn(finder->diagnostics, "%s, entry %zu: the table %s%sat %lx %s: ignored",
                             root->signature, i, table->signature, table->signature[0] ? " " : "",
                             (unsigned long)address, problem);
        else
            list->count++;
    }
    if (count > ACPI_TABLES_MAX)
        diagnostics_warn(finder->diagnostics, "%s: %zu entries, those after the first %u: ignored",
                         root->signature, count, ACPI_TABLES_MAX);
}

static bool take_list(struct finder *finder, paddr_t address, const char *signature,
                      size_t entry_bytes)
{
    struct acpi_table root;
    const char *problem = open_table(finder, &root, address);

    if (!problem && strcmp(root.signature, signature) != 0)
        problem = "has another signature";
    if (!problem && root.checksum_wrong)
        problem = "has a wrong checksum";
    if (problem) {
        diagnostics_warn(finder->diagnostics, "the %s at %lx %s: ignored", signature,
                         (unsigned long)address, problem);
        return false;
    }
    if ((root.length - ACPI_HEADER_BYTES) % entry_bytes != 0)
        diagnostics_warn(finder->diagnostics, "%s: its end is not a whole entry: ignored",
                         signature);
    take_entries(finder, &root, entry_bytes);
    if (finder->list->count == 0)
        diagnostics_warn(finder->diagnostics, "the %s at %lx names no table that can be used",
                         signature, (unsigned long)address);
    return finder->list->count > 0;
}

bool acpi_tables_find(struct acpi_tables *list, const struct rsdp *rsdp,
                      bool (*is_needed)(const char *signature), const struct acpi_memory *memory,
                      const struct diagnostics *diagnostics)
{
    struct finder finder = {list, is_needed, memory, diagnostics};

    list->count = list->left_out_count = list->bad_list_count = 0;
    if (rsdp->xsdt != 0 && take_list(&finder, rsdp->xsdt, "XSDT", sizeof(uint64_t)))
        return true;
    list->bad_list_count += rsdp->xsdt != 0;
    if (rsdp->rsdt != 0 && take_list(&finder, rsdp->rsdt, "RSDT", sizeof(uint32_t)))
        return true;
    list->bad_list_count += rsdp->rsdt != 0;
    diagnostics_warn(diagnostics, "no list of tables can be used");
    return false;
}
