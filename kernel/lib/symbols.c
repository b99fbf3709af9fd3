/*
 * See lib/symbols.h, and lib/symbols_format.h for the table. symbols_open() makes sure that the parts lie
 * in the table; every number that is read from them afterwards is checked where it is used, and what
 * cannot be true reads as "nothing known".
 */
#include "lib/symbols.h"

#include "lib/checksum.h"
#include "lib/string.h"

#define CHECKED_FROM (offsetof(struct symbols_header, checksum) + sizeof(uint64_t))

/* Bytes of the runs that are still to be read. */
struct cursor {
    const uint8_t *at, *end;
};

/* A number in a record, which need not be aligned. */
typedef uint32_t unaligned_uint32_t __attribute__((aligned(1)));

/* A run: what lies at an address and behind it. */
struct run {
    uint32_t address;
    uint32_t node;
    uint32_t line; /* relative to the entity's base_line, unless is_odd */
    uint32_t file; /* + 1, or 0: unknown. When is_odd */
    bool is_odd, is_nothing;
};

/* ---- Opening ---- */

static const char *check_table(const struct symbols_header *header, const uint8_t *table,
                               size_t size_bytes, vaddr_t text_start)
{
    if (header->magic != SYMBOLS_MAGIC)
        return "it does not begin with the magic number";
    if (header->size_bytes != size_bytes)
        return "its size is not what its header says";
    if (header->checksum != checksum64(table + CHECKED_FROM, size_bytes - CHECKED_FROM))
        return "its checksum is wrong";
    if (header->text_start != text_start)
        return "it was made for a kernel whose text lies elsewhere";
    return NULL;
}

/* The sum cannot wrap: it is below 8 times 32 bits times 16. */
static const char *place_parts(struct symbols *symbols, const uint8_t *table, size_t size_bytes)
{
    uint64_t at = sizeof(struct symbols_header);

    for (unsigned i = 0; i < SYMBOLS_PARTS; i++) {
        symbols->parts[i] = table + at;
        at += (uint64_t)symbols->header.counts[i] * symbols_record_bytes[i];
    }
    return at == size_bytes ? NULL : "its parts are not as long as it is";
}

const char *symbols_open(struct symbols *symbols, const void *table, size_t size_bytes,
                         vaddr_t text_start, vaddr_t data_start)
{
    const char *problem = "it is shorter than its header";

    memset(symbols, 0, sizeof(*symbols));
    if (size_bytes >= sizeof(struct symbols_header)) {
        memcpy(&symbols->header, table, sizeof(struct symbols_header));
        problem = check_table(&symbols->header, table, size_bytes, text_start);
    }
    if (!problem)
        problem = place_parts(symbols, table, size_bytes);
    symbols->data_start = data_start;
    if (problem)
        memset(symbols, 0, sizeof(*symbols)); /* no part has a record: nothing will be found */
    return problem;
}

/* ---- Reading ---- */

/* NULL when there is no such record. */
static const void *record(const struct symbols *symbols, enum symbols_part part, uint64_t index)
{
    if (index >= symbols->header.counts[part])
        return NULL;
    return symbols->parts[part] + index * symbols_record_bytes[part];
}

static uint8_t read_byte(struct cursor *cursor)
{
    return cursor->at < cursor->end ? *cursor->at++ : 0;
}

static uint32_t read_number(struct cursor *cursor)
{
    uint32_t value = 0;
    uint8_t byte = 0x80;

    for (unsigned shift = 0; shift < 32 && byte & 0x80; shift += 7) {
        byte = read_byte(cursor);
        value |= (uint32_t)(byte & 0x7f) << shift;
    }
    return value;
}

/* Unsigned, and so may wrap: a node that does not exist is noticed later. */
static uint32_t read_difference(struct cursor *cursor)
{
    uint32_t value = read_number(cursor);

    return value & 1 ? ~(value / 2) : value / 2;
}

static void read_short_node_run(struct cursor *cursor, uint8_t head, struct run *run)
{
    uint32_t code = head >> 3 & 7;

    run->address += (head & 7) + 1;
    run->node += code < 3 ? code - 3 : code - 2;
    run->line = read_number(cursor);
}

static void read_long_run(struct cursor *cursor, uint8_t head, struct run *run)
{
    uint32_t kind = head >> 4 & 3, step = head & 15;

    run->address += step ? step : read_number(cursor);
    run->is_nothing = kind == 3;
    if (run->is_nothing)
        return;
    if (kind != 1)
        run->node += read_difference(cursor);
    run->is_odd = kind == 2;
    if (run->is_odd)
        run->file = read_number(cursor);
    run->line = read_number(cursor);
}

/* From one run to the next; the odd line of an odd one is not what the next counts from. */
static void read_run(struct cursor *cursor, struct run *run)
{
    uint8_t head = read_byte(cursor);

    if (run->is_odd)
        run->line = 0;
    run->is_odd = run->is_nothing = false;
    if (head < 0x80) {
        run->address += (head & 15) + 1;
        run->line += (uint32_t)(head >> 4) - 3;
    } else if (head < 0xc0) {
        read_long_run(cursor, head, run);
    } else {
        read_short_node_run(cursor, head, run);
    }
}

/* ---- Finding ---- */

/* The byte before a record is the table's too, its header's at the least. */
static uint32_t read_offset(const uint8_t *record)
{
    return *(const unaligned_uint32_t *)(record - 1) >> 8;
}

/* The last of ascending records whose first field, an offset, is `address` or less, NULL when there is none. */
static const void *find_last(const struct symbols *symbols, enum symbols_part part,
                             uint32_t address)
{
    const uint8_t *records = symbols->parts[part];
    size_t bytes = symbols_record_bytes[part];
    uint32_t low = 0, high = symbols->header.counts[part];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (read_offset(records + middle * bytes) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? records + (low - 1) * bytes : NULL;
}

/* The bytes of a block's runs; the last block has none. */
static struct cursor block_runs(const struct symbols *symbols, const struct symbols_block *block)
{
    const uint8_t *runs = symbols->parts[SYMBOLS_RUNS];
    const uint8_t *end = symbols->parts[SYMBOLS_BLOCKS] +
                         (size_t)symbols->header.counts[SYMBOLS_BLOCKS] * sizeof(*block);

    if ((const uint8_t *)(block + 2) > end || block[0].run > block[1].run ||
        block[1].run > symbols->header.counts[SYMBOLS_RUNS])
        return (struct cursor){runs, runs};
    return (struct cursor){runs + block[0].run, runs + block[1].run};
}

/* The run that `address` lies in. */
static bool find_run(const struct symbols *symbols, uint32_t address, struct run *found)
{
    const struct symbols_block *block = find_last(symbols, SYMBOLS_BLOCKS, address);
    struct cursor cursor;
    struct run run;

    if (!block)
        return false;
    cursor = block_runs(symbols, block);
    run = (struct run){.address = block->start - 1};
    *found = (struct run){.is_nothing = true};
    while (cursor.at < cursor.end) {
        read_run(&cursor, &run);
        if (run.address > address)
            break;
        *found = run;
    }
    return !found->is_nothing;
}

/* From an address to the table's offsets; false when the table says nothing about it. */
static bool to_offset(const struct symbols *symbols, vaddr_t address, uint32_t *offset)
{
    const struct symbols_header *header = &symbols->header;
    uint64_t from = address - header->text_start;

    if (address >= symbols->data_start)
        from = address - symbols->data_start + header->fixed_bytes;
    else if (from >= header->fixed_bytes)
        return false;
    *offset = (uint32_t)from;
    return from < header->image_bytes;
}

/* ---- Telling ---- */

/* The function of a node, and a line of it that is relative to its base_line. NULL: no such node. */
static const struct symbols_node *tell_node(const struct symbols *symbols, uint32_t number,
                                            uint32_t line, struct symbols_place *place)
{
    const struct symbols_node *node = record(symbols, SYMBOLS_NODES, number);
    const struct symbols_entity *entity =
        node ? record(symbols, SYMBOLS_ENTITIES, node->entity) : NULL;

    if (!entity)
        return NULL;
    place->inlined = false;
    place->name = entity->name_low | (uint32_t)(entity->name_file & 15) << 16;
    place->file = entity->name_file >> 4;
    place->line = place->file == SYMBOLS_NO_FILE ? 0 : entity->base_line + line;
    return node;
}

/* Goes from a node that was inlined to the one that it was inlined into, and tells the line of the call.
 * NULL: the table is damaged. */
static const struct symbols_node *tell_caller(const struct symbols *symbols, uint32_t *number,
                                              const struct symbols_node *node,
                                              struct symbols_place *place)
{
    const struct symbols_odd_call *odd = NULL;
    uint32_t up = node->up, line = node->line;

    if (line == SYMBOLS_ODD) {
        odd = find_last(symbols, SYMBOLS_ODD_CALLS, *number);
        up = odd ? odd->up : 0;
    }
    if (up == 0 || up > *number)
        return NULL;
    *number -= up;
    node = tell_node(symbols, *number, line, place);
    if (odd) {
        place->file = odd->file - 1;
        place->line = odd->line;
    }
    return node;
}

/* How far `address` is into its function or variable. */
static uint32_t offset_in(const struct symbols *symbols, uint32_t address)
{
    const uint8_t *start = find_last(symbols, SYMBOLS_STARTS, address);

    return start ? address - read_offset(start) : 0;
}

size_t symbols_find(const struct symbols *symbols, vaddr_t address, struct symbols_place *places,
                    size_t max)
{
    struct symbols_place *place = places, *last = places + max - 1, caller;
    const struct symbols_node *node;
    uint32_t offset;
    struct run run;

    if (max == 0 || !to_offset(symbols, address, &offset) || !find_run(symbols, offset, &run))
        return 0;
    node = tell_node(symbols, run.node, run.line, place);
    if (!node)
        return 0;
    if (run.is_odd) {
        place->file = run.file - 1;
        place->line = run.line;
    }
    while (node->up != 0 && (node = tell_caller(symbols, &run.node, node, &caller))) {
        place->inlined = true;
        place += place < last;
        *place = caller;
    }
    place->offset = offset_in(symbols, offset);
    return (size_t)(place - places) + 1;
}

static struct symbols_text text_at(const struct symbols *symbols, uint32_t at)
{
    const uint8_t *length = record(symbols, SYMBOLS_STRINGS, at);

    if (!length || *length >= symbols->header.counts[SYMBOLS_STRINGS] - at)
        return (struct symbols_text){"", 0};
    return (struct symbols_text){(const char *)length + 1, *length};
}

struct symbols_text symbols_name(const struct symbols *symbols, const struct symbols_place *place)
{
    return text_at(symbols, place->name);
}

struct symbols_text symbols_file(const struct symbols *symbols, const struct symbols_place *place)
{
    const unaligned_uint32_t *at = record(symbols, SYMBOLS_FILES, place->file);

    return at ? text_at(symbols, *at) : (struct symbols_text){"", 0};
}
