/*
 * Looks addresses up in tables that are damaged in any way. The input is a table without its header's
 * checked fields: magic, size and checksum are made right here, since no random change would get past
 * them, and a table that is damaged after it was opened has them right too.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/checksum.h"
#include "lib/symbols.h"

#define TEXT_START   UINT64_C(0xffffffff80000000)
#define CHECKED_FROM (offsetof(struct symbols_header, checksum) + sizeof(uint64_t))
#define LOOK_UPS     64

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Reads every character, so that the sanitizer sees where it lies. */
static void read_text(struct symbols_text text)
{
    static volatile unsigned sum;

    for (size_t i = 0; i < text.length; i++)
        sum = sum + (unsigned char)text.text[i];
}

static void look_up(const struct symbols *symbols, vaddr_t address)
{
    struct symbols_place places[SYMBOLS_PLACES_MAX];
    size_t max = 1 + address % SYMBOLS_PLACES_MAX, count;

    count = symbols_find(symbols, address, places, max);
    check(count <= max);
    for (size_t i = 0; i < count; i++) {
        check(places[i].inlined == (i + 1 < count));
        read_text(symbols_name(symbols, &places[i]));
        read_text(symbols_file(symbols, &places[i]));
    }
}

static void make_header_right(uint8_t *table, size_t size)
{
    struct symbols_header header;

    if (size < sizeof(header))
        return;
    memcpy(&header, table, sizeof(header));
    header.magic = SYMBOLS_MAGIC;
    header.text_start = TEXT_START;
    header.size_bytes = (uint32_t)size;
    memcpy(table, &header, sizeof(header));
    header.checksum = checksum64(table + CHECKED_FROM, size - CHECKED_FROM);
    memcpy(table, &header, sizeof(header));
}

/* The table in a block of exactly its size, the addresses spread over what it says it covers. */
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    uint8_t *table = malloc(size + 1);
    struct symbols symbols;
    uint64_t step;

    memcpy(table, input, size);
    table = realloc(table, size ? size : 1);
    make_header_right(table, size);
    if (!symbols_open(&symbols, table, size, TEXT_START, TEXT_START + 0x100000)) {
        step = symbols.header.image_bytes / LOOK_UPS + 1;
        for (unsigned i = 0; i <= LOOK_UPS; i++) {
            look_up(&symbols, TEXT_START + i * step);
            look_up(&symbols, TEXT_START + 0x100000 + i * step);
        }
    }
    free(table);
    return 0;
}
