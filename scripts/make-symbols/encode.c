/* Encodes what was read, in the form of include/lib/symbols_format.h. */
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "lib/checksum.h"
#include "lib/symbols_format.h"

struct buffer {
    uint8_t *bytes;
    size_t size;
};

/* A function or variable, once for all nodes of its name and file. */
struct entity {
    int name, file;
    uint32_t base_line;
};

struct encoder {
    const struct image *image;
    int *number; /* of a node of the image in the table, NONE: not there yet */
    int *order;  /* the other way round */
    size_t node_count;
    struct entity *entities;
    int *entity_of; /* by node of the image */
    size_t entity_count;
    int *files; /* strings that are files */
    size_t file_count;
    uint32_t *string_at; /* where a string begins */
    struct symbols_header header;
    struct buffer parts[SYMBOLS_PARTS];
};

static void put(struct buffer *buffer, const void *bytes, size_t size)
{
    buffer->bytes = grow(buffer->bytes, buffer->size + size + 1, 1);
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

static void put_byte(struct buffer *buffer, uint64_t byte)
{
    put(buffer, &(uint8_t){(uint8_t)byte}, 1);
}

static void put_32(struct buffer *buffer, uint64_t value)
{
    put(buffer, &(uint32_t){(uint32_t)value}, 4);
}

/* Only small tables have fields of so few bits; a kernel that outgrows them needs another format. */
static void check_limit(uint64_t value, uint64_t limit, const char *what)
{
    if (value >= limit)
        fail("too many or too large for the table's format: %s", what);
}

static void put_offset(struct buffer *buffer, uint64_t value)
{
    check_limit(value, SYMBOLS_OFFSET_MAX + 1, "offsets");
    put(buffer, &(uint32_t){(uint32_t)value}, SYMBOLS_OFFSET_BYTES);
}

static void put_number(struct buffer *buffer, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_byte(buffer, value | 0x80);
    put_byte(buffer, value);
}

static uint64_t zigzag(int64_t value)
{
    return value < 0 ? (uint64_t)-value * 2 - 1 : (uint64_t)value * 2;
}

/* ---- Numbers: nodes in the order in which they appear, callers first ---- */

static void number_node(struct encoder *encoder, int node)
{
    if (node == NONE || encoder->number[node] != NONE)
        return;
    number_node(encoder, encoder->image->nodes[node].parent);
    encoder->number[node] = (int)encoder->node_count;
    encoder->order[encoder->node_count++] = node;
}

static void number_nodes(struct encoder *encoder)
{
    const struct image *image = encoder->image;

    encoder->number = grow(NULL, image->node_count, sizeof(int));
    encoder->order = grow(NULL, image->node_count, sizeof(int));
    for (size_t i = 0; i < image->node_count; i++)
        encoder->number[i] = NONE;
    for (size_t i = 0; i < image->run_count; i++)
        number_node(encoder, image->runs[i].origin.node);
}

static int file_number(struct encoder *encoder, int string)
{
    size_t i = 0;

    while (i < encoder->file_count && encoder->files[i] != string)
        i++;
    if (i == encoder->file_count) {
        encoder->files = grow(encoder->files, i + 1, sizeof(int));
        encoder->files[encoder->file_count++] = string;
    }
    return (int)i;
}

/* ---- Entities, and the smallest line of each, which the others are relative to ---- */

static void set_entity(struct encoder *encoder, int node)
{
    const struct node *of = &encoder->image->nodes[node];
    size_t i = 0;

    while (i < encoder->entity_count &&
           (encoder->entities[i].name != of->name || encoder->entities[i].file != of->file))
        i++;
    if (i == encoder->entity_count) {
        encoder->entities = grow(encoder->entities, i + 1, sizeof(struct entity));
        encoder->entities[encoder->entity_count++] =
            (struct entity){of->name, of->file, UINT32_MAX};
    }
    encoder->entity_of[node] = (int)i;
}

static void take_line(struct encoder *encoder, int node, int file, uint32_t line)
{
    struct entity *entity = &encoder->entities[encoder->entity_of[node]];

    if (file != NONE && entity->file == file && line > 0 && line < entity->base_line)
        entity->base_line = line;
}

static void make_entities(struct encoder *encoder)
{
    const struct image *image = encoder->image;

    encoder->entity_of = grow(NULL, image->node_count, sizeof(int));
    for (size_t i = 0; i < encoder->node_count; i++)
        set_entity(encoder, encoder->order[i]);
    for (size_t i = 0; i < encoder->node_count; i++) {
        const struct node *node = &image->nodes[encoder->order[i]];

        if (node->parent != NONE)
            take_line(encoder, node->parent, node->call_file, node->call_line);
    }
    for (size_t i = 0; i < image->run_count; i++)
        if (image->runs[i].origin.node != NONE)
            take_line(encoder, image->runs[i].origin.node, image->runs[i].origin.file,
                      image->runs[i].origin.line);
}

/* Whether a line can be told relative to the node's entity, and how. */
static bool to_relative(const struct encoder *encoder, int node, int file, uint32_t line,
                        uint32_t *relative)
{
    const struct entity *entity = &encoder->entities[encoder->entity_of[node]];

    *relative = line - entity->base_line;
    return file != NONE && entity->file == file && line >= entity->base_line;
}

/* ---- The parts ---- */

static void put_node(struct encoder *encoder, int node)
{
    const struct node *of = &encoder->image->nodes[node];
    struct symbols_node out = {.entity = (uint16_t)encoder->entity_of[node]};
    int number = encoder->number[node];
    uint32_t line, up;

    check_limit((uint64_t)encoder->entity_of[node], UINT16_MAX, "names");
    if (of->parent == NONE) {
        put_offset(&encoder->parts[SYMBOLS_STARTS], of->start);
        put(&encoder->parts[SYMBOLS_NODES], &out, sizeof(out));
        return;
    }
    up = (uint32_t)(number - encoder->number[of->parent]);
    if (to_relative(encoder, of->parent, of->call_file, of->call_line, &line) &&
        line < SYMBOLS_ODD && up <= UINT8_MAX) {
        out.up = (uint8_t)up;
        out.line = (uint8_t)line;
    } else {
        out.up = 1;
        out.line = SYMBOLS_ODD;
        put(&encoder->parts[SYMBOLS_ODD_CALLS],
            &(struct symbols_odd_call){
                (uint32_t)number, up,
                of->call_file == NONE ? 0 : (uint32_t)file_number(encoder, of->call_file) + 1,
                of->call_line},
            sizeof(struct symbols_odd_call));
    }
    put(&encoder->parts[SYMBOLS_NODES], &out, sizeof(out));
}

static void put_string(struct encoder *encoder, int string)
{
    const char *text = encoder->image->strings[string];

    if (encoder->string_at[string] != UINT32_MAX)
        return;
    encoder->string_at[string] = (uint32_t)encoder->parts[SYMBOLS_STRINGS].size;
    check_limit(encoder->parts[SYMBOLS_STRINGS].size, 1u << SYMBOLS_NAME_BITS, "bytes of names");
    check_limit(strlen(text), UINT8_MAX, "characters of a name");
    put_byte(&encoder->parts[SYMBOLS_STRINGS], strlen(text));
    put(&encoder->parts[SYMBOLS_STRINGS], text, strlen(text));
}

static void put_entity(struct encoder *encoder, const struct entity *entity)
{
    uint32_t base = entity->base_line == UINT32_MAX ? 0 : entity->base_line;
    uint32_t file =
        entity->file == NONE ? SYMBOLS_NO_FILE : (uint32_t)file_number(encoder, entity->file);
    uint32_t name;

    put_string(encoder, entity->name);
    name = encoder->string_at[entity->name];
    check_limit(base, UINT16_MAX, "lines of a file");
    put(&encoder->parts[SYMBOLS_ENTITIES],
        &(struct symbols_entity){(uint16_t)name, (uint16_t)(name >> 16 | file << 4),
                                 (uint16_t)base},
        sizeof(struct symbols_entity));
}

/* ---- Runs ---- */

/* What the run before left behind. */
struct state {
    uint64_t address;
    int node;
    uint32_t line;
};

static void put_head(struct buffer *runs, unsigned kind, uint64_t step)
{
    put_byte(runs, 0x80 | kind << 4 | (step < 16 ? step : 0));
    if (step >= 16)
        put_number(runs, step);
}

/* A run of an unknown line, or one that is not in the file of its function. */
static void put_odd_run(struct encoder *encoder, const struct origin *origin, int difference,
                        uint64_t step)
{
    put_head(&encoder->parts[SYMBOLS_RUNS], 2, step);
    put_number(&encoder->parts[SYMBOLS_RUNS], zigzag(difference));
    put_number(&encoder->parts[SYMBOLS_RUNS],
               origin->file == NONE ? 0 : (uint64_t)file_number(encoder, origin->file) + 1);
    put_number(&encoder->parts[SYMBOLS_RUNS], origin->line);
}

static void put_plain_run(struct buffer *runs, int difference, int64_t lines, uint32_t line,
                          uint64_t step)
{
    if (difference == 0 && step <= 16 && lines >= -3 && lines <= 4) {
        put_byte(runs, (uint64_t)(lines + 3) << 4 | (step - 1));
        return;
    }
    if (difference == 0) {
        put_head(runs, 1, step);
    } else if (step <= 8 && difference >= -3 && difference <= 5) {
        uint64_t code = (uint64_t)(difference < 0 ? difference + 3 : difference + 2);

        put_byte(runs, 0xc0 | code << 3 | (step - 1));
    } else {
        put_head(runs, 0, step);
        put_number(runs, zigzag(difference));
    }
    put_number(runs, line);
}

static void put_run(struct encoder *encoder, const struct run *run, struct state *state)
{
    const struct origin *origin = &run->origin;
    uint64_t step = run->start - state->address;
    uint32_t line;
    int difference;

    state->address = run->start;
    if (origin->node == NONE) {
        put_head(&encoder->parts[SYMBOLS_RUNS], 3, step);
        return;
    }
    difference = encoder->number[origin->node] - state->node;
    state->node += difference;
    if (to_relative(encoder, origin->node, origin->file, origin->line, &line)) {
        put_plain_run(&encoder->parts[SYMBOLS_RUNS], difference, (int64_t)line - state->line, line,
                      step);
    } else {
        put_odd_run(encoder, origin, difference, step);
        line = 0;
    }
    state->line = line;
}

/* In each block the first run differs by 1 from the address before it, and from node and line 0. */
static void put_runs(struct encoder *encoder)
{
    struct state state = {0};

    for (size_t i = 0; i < encoder->image->run_count; i++) {
        const struct run *run = &encoder->image->runs[i];

        if (i % SYMBOLS_BLOCK_RUNS == 0) {
            state = (struct state){.address = run->start - 1};
            put_offset(&encoder->parts[SYMBOLS_BLOCKS], run->start);
            put_offset(&encoder->parts[SYMBOLS_BLOCKS], encoder->parts[SYMBOLS_RUNS].size);
        }
        put_run(encoder, run, &state);
    }
    put_offset(&encoder->parts[SYMBOLS_BLOCKS], encoder->image->image_bytes);
    put_offset(&encoder->parts[SYMBOLS_BLOCKS], encoder->parts[SYMBOLS_RUNS].size);
}

/* ---- All of it ---- */

static void put_parts(struct encoder *encoder)
{
    for (size_t i = 0; i < encoder->node_count; i++)
        put_node(encoder, encoder->order[i]);
    put_runs(encoder);
    for (size_t i = 0; i < encoder->entity_count; i++)
        put_entity(encoder, &encoder->entities[i]);
    for (size_t i = 0; i < encoder->file_count; i++) {
        put_string(encoder, encoder->files[i]);
        put_32(&encoder->parts[SYMBOLS_FILES], encoder->string_at[encoder->files[i]]);
    }
    check_limit(encoder->file_count, SYMBOLS_NO_FILE, "files");
}

static void set_header(struct encoder *encoder, size_t size)
{
    struct symbols_header *header = &encoder->header;

    check_limit(encoder->image->image_bytes, UINT32_MAX, "bytes of the image");
    header->magic = SYMBOLS_MAGIC;
    header->text_start = encoder->image->text_start;
    header->size_bytes = (uint32_t)size;
    header->fixed_bytes = (uint32_t)encoder->image->fixed_bytes;
    header->image_bytes = (uint32_t)encoder->image->image_bytes;
    for (unsigned i = 0; i < SYMBOLS_PARTS; i++)
        header->counts[i] = (uint32_t)(encoder->parts[i].size / symbols_record_bytes[i]);
}

static void put_all(struct encoder *encoder, struct buffer *all)
{
    const size_t checked_from =
        offsetof(struct symbols_header, checksum) + sizeof(encoder->header.checksum);

    put(all, &encoder->header, sizeof(encoder->header));
    for (unsigned i = 0; i < SYMBOLS_PARTS; i++)
        put(all, encoder->parts[i].bytes, encoder->parts[i].size);
    set_header(encoder, all->size);
    memcpy(all->bytes, &encoder->header, sizeof(encoder->header));
    encoder->header.checksum = checksum64(all->bytes + checked_from, all->size - checked_from);
    memcpy(all->bytes, &encoder->header, sizeof(encoder->header));
}

void encode(const struct image *image, uint8_t **bytes, size_t *size)
{
    struct encoder encoder = {.image = image};
    struct buffer all = {0};

    encoder.string_at = grow(NULL, image->string_count, sizeof(uint32_t));
    for (size_t i = 0; i < image->string_count; i++)
        encoder.string_at[i] = UINT32_MAX;
    number_nodes(&encoder);
    make_entities(&encoder);
    put_parts(&encoder);
    put_all(&encoder, &all);
    *bytes = all.bytes;
    *size = all.size;
}
