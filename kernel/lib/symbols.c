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
        uint64_t bytes = (uint64_t)symbols->header.counts[i] * symbols_record_bytes[i];

        if (bytes > size_bytes - at)
            return "its parts do not fit into it";
        symbols->parts[i] = table + at;
        at += bytes;
    }
    return at == size_bytes ? NULL : "its parts do not fill it";
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

/* Copies a record; zeros when there is no such record. */
static bool read_record(const struct symbols *symbols, enum symbols_part part, uint64_t index,
                        void *record)
{
    size_t bytes = symbols_record_bytes[part];

    if (index >= symbols->header.counts[part]) {
        memset(record, 0, bytes);
        return false;
    }
    memcpy(record, symbols->parts[part] + index * bytes, bytes);
    return true;
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

/* The last of ascending records that begins at `address` or before; its first field is where. */
static bool find_last(const struct symbols *symbols, enum symbols_part part, uint32_t address,
                      uint32_t *index)
{
    const uint8_t *records = symbols->parts[part];
    uint32_t low = 0, high = symbols->header.counts[part];

    while (low < high) {
        uint32_t middle = low + (high - low) / 2, start;

        memcpy(&start, records + (size_t)middle * symbols_record_bytes[part], sizeof(start));
        if (start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    *index = low - 1;
    return low > 0;
}

/* The bytes of a block's runs. */
static struct cursor block_runs(const struct symbols *symbols, const struct symbols_block *block,
                                const struct symbols_block *next)
{
    const uint8_t *runs = symbols->parts[SYMBOLS_RUNS];

    if (block->run > next->run || next->run > symbols->header.counts[SYMBOLS_RUNS])
        return (struct cursor){runs, runs};
    return (struct cursor){runs + block->run, runs + next->run};
}

/* The run that `address` lies in. */
static bool find_run(const struct symbols *symbols, uint32_t address, struct run *found)
{
    struct symbols_block block, next;
    struct cursor cursor;
    uint32_t index;
    struct run run;

    if (!find_last(symbols, SYMBOLS_BLOCKS, address, &index))
        return false;
    read_record(symbols, SYMBOLS_BLOCKS, index, &block);
    if (!read_record(symbols, SYMBOLS_BLOCKS, (uint64_t)index + 1, &next))
        return false; /* the last one has no runs */
    cursor = block_runs(symbols, &block, &next);
    run = (struct run){.address = block.start - 1};
    *found = (struct run){.is_nothing = true};
    while (cursor.at < cursor.end) {
        read_run(&cursor, &run);
        if (run.address > address)
            break;
        *found = run;
    }
    return !found->is_nothing;
}

static bool to_offset(const struct symbols *symbols, vaddr_t address, uint32_t *offset)
{
    const struct symbols_header *header = &symbols->header;
    uint64_t from = address - header->text_start, limit = header->fixed_bytes;

    if (address >= symbols->data_start) {
        from = address - symbols->data_start;
        limit = header->image_bytes > header->fixed_bytes
                    ? header->image_bytes - header->fixed_bytes
                    : 0;
    }
    *offset = (uint32_t)from + (address >= symbols->data_start ? header->fixed_bytes : 0);
    return from < limit;
}

/* ---- Telling ---- */

static struct symbols_text text_at(const struct symbols *symbols, uint32_t at)
{
    const char *text = (const char *)symbols->parts[SYMBOLS_STRINGS] + at;
    uint32_t limit = symbols->header.counts[SYMBOLS_STRINGS];

    if (at >= limit)
        return (struct symbols_text){"", 0};
    return (struct symbols_text){text, strnlen(text, limit - at)};
}

static struct symbols_text file_text(const struct symbols *symbols, uint32_t file)
{
    uint32_t at;

    if (!read_record(symbols, SYMBOLS_FILES, file, &at))
        return (struct symbols_text){"", 0};
    return text_at(symbols, at);
}

static void tell_line(const struct symbols *symbols, uint32_t file, uint32_t line,
                      struct symbols_place *place)
{
    place->file = file_text(symbols, file);
    place->line = line;
}

/* The function of a node, and a line of it that is relative to its base_line. */
static bool tell_node(const struct symbols *symbols, uint32_t number, uint32_t line,
                      struct symbols_node *node, struct symbols_place *place)
{
    struct symbols_entity entity;

    memset(place, 0, sizeof(*place));
    if (!read_record(symbols, SYMBOLS_NODES, number, node) ||
        !read_record(symbols, SYMBOLS_ENTITIES, node->entity, &entity))
        return false;
    place->name = text_at(symbols, entity.name_low | (uint32_t)(entity.name_file & 15) << 16);
    if (entity.name_file >> 4 != SYMBOLS_NO_FILE)
        tell_line(symbols, entity.name_file >> 4, entity.base_line + line, place);
    return true;
}

/* Goes from a node that was inlined to the one that it was inlined into, and tells the line of the call. */
static bool tell_caller(const struct symbols *symbols, uint32_t *number, struct symbols_node *node,
                        struct symbols_place *place)
{
    struct symbols_odd_call odd = {.up = node->up};
    bool is_odd = node->line == SYMBOLS_ODD;
    uint32_t line = node->line, index;

    if (is_odd && (!find_last(symbols, SYMBOLS_ODD_CALLS, *number, &index) ||
                   !read_record(symbols, SYMBOLS_ODD_CALLS, index, &odd)))
        return false;
    if (odd.up == 0 || odd.up > *number)
        return false;
    *number -= odd.up;
    if (!tell_node(symbols, *number, line, node, place))
        return false;
    if (is_odd)
        tell_line(symbols, odd.file - 1, odd.line, place);
    return true;
}

/* Where the function or variable at `address` begins. */
static uint32_t start_of(const struct symbols *symbols, uint32_t address)
{
    uint32_t index, start = address;

    if (find_last(symbols, SYMBOLS_STARTS, address, &index))
        read_record(symbols, SYMBOLS_STARTS, index, &start);
    return start;
}

size_t symbols_find(const struct symbols *symbols, vaddr_t address, struct symbols_place *places,
                    size_t max)
{
    struct symbols_place *place = places;
    struct symbols_node node;
    uint32_t offset, number;
    struct run run;

    if (max == 0 || !to_offset(symbols, address, &offset) || !find_run(symbols, offset, &run) ||
        !tell_node(symbols, run.node, run.line, &node, place))
        return 0;
    if (run.is_odd)
        tell_line(symbols, run.file - 1, run.line, place);
    number = run.node;
    while (node.up != 0) {
        struct symbols_place caller;

        if (!tell_caller(symbols, &number, &node, &caller))
            break;
        place->inlined = true;
        place += place < places + max - 1;
        *place = caller;
    }
    place->offset = offset - start_of(symbols, offset);
    return (size_t)(place - places) + 1;
}
