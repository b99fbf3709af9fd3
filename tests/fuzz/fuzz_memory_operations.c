/*
 * Sequences of operations on frames and on slabs, each of four bytes: what to do, to which of 64
 * slots, and a number. A frame belongs to one run at most, an object keeps the byte it was filled
 * with, and at the end everything has come back.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/mm/buddy.c"
#include "../../kernel/mm/slab.c"

#define FRAMES    700
#define SLOTS     64
#define STEP      4
#define PLACES    64
#define PAGE      4096
#define FIRST     1021 /* the number of the first frame: no block is aligned by chance */
#define CPU_COUNT 2

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* ---- frames ---- */

void buddy_report_corruption(const struct buddy *corrupt, uint32_t index, unsigned order)
{
    (void)corrupt;
    (void)index;
    (void)order;
    abort(); /* nothing here writes over a list */
}

static struct buddy buddy;
static uint8_t owner[FRAMES];
static struct run {
    uint32_t index, count;
} runs[SLOTS];

static void start_frames(void)
{
    static uint8_t metadata[FRAMES * 16 + 64] __attribute__((aligned(8)));

    memset(metadata, 0x13, sizeof(metadata)); /* like frames that are allocated */
    memset(owner, 0, sizeof(owner));
    memset(runs, 0, sizeof(runs));
    buddy_init(&buddy, FIRST, FRAMES, metadata);
    buddy_give(&buddy, 0, FRAMES);
}

static void check_block(uint32_t index)
{
    struct buddy_block block;

    check(buddy_find(&buddy, index, &block) && index >= block.head &&
          index < block.head + block.count);
    check((block.state == FRAME_FREE) == (owner[index] == 0));
    if (owner[index] != 0)
        check(block.head == runs[owner[index] - 1].index &&
              block.count == runs[owner[index] - 1].count);
}

static void use_run(unsigned slot, uint8_t kind, uint16_t number)
{
    struct run *run = &runs[slot];
    struct buddy_request request = {.count = 1 + number % 100,
                                    .align = UINT64_C(1) << kind % 8,
                                    .limit = kind & 0x80 ? FIRST + number : UINT64_MAX};

    if (run->count > 0) {
        memset(&owner[run->index], 0, run->count);
        buddy_return(&buddy, run->index, 1);
        run->count = 0;
        return;
    }
    if (!buddy_take(&buddy, &request, &run->index))
        return;
    run->count = (uint32_t)request.count;
    check(run->index + request.count <= FRAMES && (FIRST + run->index) % request.align == 0 &&
          FIRST + run->index + request.count <= request.limit);
    for (uint32_t i = run->index; i < run->index + run->count; i++) {
        check(owner[i] == 0);
        owner[i] = (uint8_t)(slot + 1);
    }
}

static void end_frames(void)
{
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (runs[slot].count > 0)
            use_run(slot, 0, 0);
    check(buddy.free_count == FRAMES);
}

/* ---- slabs ---- */

static uint8_t area[(PLACES + 1) * SLAB_STRIDE];
static uint8_t places[PLACES];
static struct slab_cpu cpus[CPU_COUNT];
static struct object {
    uint8_t *bytes;
    size_t size;
} objects[SLOTS];

static uint8_t *area_start(void) { return (uint8_t *)align_up((uintptr_t)area, SLAB_STRIDE); }

void *slab_map_pages(unsigned pages)
{
    for (unsigned i = 0; i < PLACES; i++)
        if (places[i] == 0) {
            places[i] = (uint8_t)pages;
            return area_start() + i * SLAB_STRIDE;
        }
    return NULL;
}

void slab_unmap_pages(void *start, unsigned pages)
{
    size_t place = (size_t)((uint8_t *)start - area_start()) / SLAB_STRIDE;

    check(places[place] == pages);
    places[place] = 0;
}

bool slab_is_there(const struct slab *slab)
{
    size_t place = (size_t)((const uint8_t *)slab - area_start()) / SLAB_STRIDE;

    return (uintptr_t)slab % SLAB_STRIDE == 0 && place < PLACES && places[place];
}

void slab_report_corruption(const char *list, const struct slab *slab)
{
    (void)list;
    (void)slab;
    abort(); /* nothing here writes over a list */
}

static void start_slabs(void)
{
    memset(objects, 0, sizeof(objects));
    slab_init();
    for (unsigned i = 0; i < CPU_COUNT; i++)
        slab_init_cpu(&cpus[i]);
}

static bool put(struct slab_cpu *cpu, void *object)
{
    return slab_put(cpu, slab_of(object), object) || slab_put_unusual(cpu, slab_of(object), object);
}

static void use_object(unsigned slot, struct slab_cpu *cpu, uint16_t number)
{
    struct object *object = &objects[slot];
    unsigned class_number = slab_class_of[(number % (SLAB_OBJECT_MAX + 1) + 15) / 16];

    if (object->bytes) {
        for (size_t i = 0; i < object->size; i++)
            check(object->bytes[i] == slot);
        check(object->size < 32 || !put(cpu, object->bytes + 16 - number % 2));
        check(put(cpu, object->bytes));
        object->bytes = NULL;
        return;
    }
    if (cpu->current[class_number]->free == SLAB_END && !slab_refill(cpu, class_number))
        return;
    object->size = slab_class_bytes(class_number);
    object->bytes = slab_take(cpu->current[class_number]);
    memset(object->bytes, (int)slot, object->size);
}

static void end_slabs(void)
{
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (objects[slot].bytes)
            check(put(&cpus[slot % CPU_COUNT], objects[slot].bytes));
    for (unsigned i = 0; i < CPU_COUNT; i++)
        slab_trim(&cpus[i]);
    for (unsigned i = 0; i < PLACES; i++)
        check(places[i] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    start_frames();
    start_slabs();
    for (size_t at = 0; at + STEP <= size; at += STEP) {
        uint8_t kind = input[at];
        unsigned slot = input[at + 1] % SLOTS;
        uint16_t number = (uint16_t)(input[at + 2] | input[at + 3] << 8);

        if (input[at + 1] >= 2 * SLOTS)
            use_run(slot, kind, number);
        else
            use_object(slot, &cpus[kind % CPU_COUNT], number);
        if (kind == 0xff)
            slab_trim(&cpus[number % CPU_COUNT]);
        check_block(number % FRAMES);
    }
    end_frames();
    end_slabs();
    return 0;
}
