/* What frames, pages and the heap cost. Every round leaves the counts as they were. */
#include "memory_bench.h"

#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/heap.h"
#include "lib/compiler.h"
#include "lib/random.h"

/* The last pages of the vmap area, where no reservation comes so soon. */
#define PAGE_VIRT (VMAP_START + VMAP_BYTES - 2 * PAGE_SIZE)

static const struct mmu_mapping page = {.virt = PAGE_VIRT, .bytes = PAGE_SIZE, .rights = MMU_WRITE};

static void frame_pair(void) { frame_free(frame_alloc()); }

/* Its neighbour stays mapped, so that the tables are there. */
static void map_neighbour(void)
{
    struct mmu_mapping neighbour = page;

    neighbour.virt += PAGE_SIZE;
    arch_mmu_map(&kernel_space, &neighbour); /* already mapped, from the second round on */
}

static void unmap_neighbour(void)
{
    arch_mmu_unmap(&kernel_space, PAGE_VIRT + PAGE_SIZE, PAGE_SIZE);
}

static void map_pair(void)
{
    arch_mmu_map(&kernel_space, &page);
    arch_mmu_unmap(&kernel_space, PAGE_VIRT, PAGE_SIZE);
}

static void heap_hot(void) { heap_free(heap_alloc(64)); }

/* Filled to the brim, then emptied. */
#define OBJECTS 4096

static void *objects[OBJECTS], *empty_slots[OBJECTS];

static void heap_many(void)
{
    for (unsigned i = 0; i < OBJECTS; i++)
        objects[i] = heap_alloc(64);
    for (unsigned i = 0; i < OBJECTS; i++)
        heap_free(objects[i]);
}

static void heap_many_empty(void)
{
    for (unsigned i = 0; i < OBJECTS; i++)
        objects[i] = &objects[i];
    for (unsigned i = 0; i < OBJECTS; i++)
        compiler_barrier();
}

/* Slots that are filled and emptied in random order, with objects of 16 to 1,039 bytes: after a
 * while half of them are full. A round does RANDOM_STEPS of either, which is half as many pairs. */
#define RANDOM_STEPS 8192

static uint64_t random_state = 0x5eed0009;

static void heap_random(void)
{
    for (unsigned i = 0; i < RANDOM_STEPS; i++) {
        uint64_t number = random_next(&random_state);
        void **slot = &objects[number % OBJECTS];

        if (*slot) {
            heap_free(*slot);
            *slot = NULL;
        } else {
            *slot = heap_alloc(16 + (number >> 32) % 1024);
        }
    }
}

static void heap_random_empty(void)
{
    for (unsigned i = 0; i < RANDOM_STEPS; i++) {
        uint64_t number = random_next(&random_state);
        void **slot = &empty_slots[number % OBJECTS];

        if (*slot)
            *slot = NULL;
        else
            *slot = &objects[(number >> 32) % 1024];
    }
}

static void free_objects(void)
{
    for (unsigned i = 0; i < OBJECTS; i++) {
        heap_free(objects[i]);
        objects[i] = NULL;
    }
}

static void forget_objects(void)
{
    for (unsigned i = 0; i < OBJECTS; i++)
        objects[i] = NULL;
}

/* clang-format off */
const struct bench_row memory_bench_rows[] = {
    {.name = "frame", .round = frame_pair},
    {.name = "map", .prepare = map_neighbour, .round = map_pair, .finish = unmap_neighbour},
    {.name = "heap-hot", .round = heap_hot},
    {.name = "heap-many", .round = heap_many, .empty = heap_many_empty, .finish = forget_objects,
     .times = OBJECTS},
    {.name = "heap-random", .round = heap_random, .empty = heap_random_empty,
     .finish = free_objects, .times = RANDOM_STEPS / 2},
};
/* clang-format on */

const unsigned memory_bench_row_count = ARRAY_COUNT(memory_bench_rows);
