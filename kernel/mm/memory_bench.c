/* What frames, pages and the heap cost. Every round leaves the counts as they were. */
#include "memory_bench.h"

#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/mm/frame.h"
#include "lib/compiler.h"

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

const struct bench_row memory_bench_rows[] = {
    {.name = "frame", .round = frame_pair},
    {.name = "map", .prepare = map_neighbour, .round = map_pair, .finish = unmap_neighbour},
};

const unsigned memory_bench_row_count = ARRAY_COUNT(memory_bench_rows);
