/*
 * A part of selftest=memory: every CPU maps, protects and unmaps a page of its own, side by side with those of the others,
 * so that they share page tables, and reads those of others meanwhile. A page holds its own address as long as it is
 * mapped and something else at once afterwards: who still reads through a translation that should be forgotten sees that.
 */
#include <stdatomic.h>

#include "arch/mmu.h"
#include "arch/trap.h"
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "lib/random.h"
#include "memory_selftest.h"

#define SEED     UINT64_C(0x5eed0011)
#define SPREAD   UINT64_C(0x9e3779b97f4a7c15)
#define MAPPINGS 96 /* of all CPUs together */
#define LOOKS    3  /* at pages of others, at each step */
#define STALE    UINT64_C(0xdeadbeefdeadbeef)

static atomic_ulong failures,
    seen; /* reads of what was stale, or of one's own that went wrong; reads that came in time */

static vaddr_t page_of(unsigned cpu_id) { return SPARE_VIRT + cpu_id * PAGE_SIZE; }

static void check(bool well)
{
    if (!well)
        atomic_fetch_add(&failures, 1);
}

static void look_at_others(uint64_t *random)
{
    for (unsigned i = 0; i < LOOKS; i++) {
        vaddr_t page = page_of((unsigned)random_below(random, cpu_count()));
        uint64_t value;

        if (arch_probe_read(&value, page, sizeof(value)) != 0)
            continue;
        atomic_fetch_add(&seen, 1);
        check(value == page);
    }
}

static bool can_write(vaddr_t page)
{
    return arch_probe_read((void *)page, (vaddr_t)&page, sizeof(page)) == 0;
}

static bool can_read(vaddr_t page)
{
    uint64_t value;

    return arch_probe_read(&value, page, sizeof(value)) == 0;
}

/* Half of the frames are given back by the unmapping itself. */
static void unmap(vaddr_t page, paddr_t phys, uint64_t *random)
{
    bool freed = random_below(random, 2);

    if (freed)
        check(arch_mmu_unmap_and_free(&kernel_space, page, PAGE_SIZE) == STATUS_OK);
    else
        check(arch_mmu_unmap(&kernel_space, page, PAGE_SIZE) == STATUS_OK);
    check(!can_read(page));
    if (freed)
        return;
    *(volatile uint64_t *)phys_to_virt(phys) = STALE;
    look_at_others(random);
    frame_free(phys);
}

static void map_once(vaddr_t page, uint64_t *random)
{
    const struct mmu_mapping mapping = {
        .virt = page, .phys = frame_alloc(), .bytes = PAGE_SIZE, .rights = MMU_WRITE};

    check(mapping.phys != 0);
    if (mapping.phys == 0)
        return;
    *(volatile uint64_t *)phys_to_virt(mapping.phys) = page;
    check(arch_mmu_map(&kernel_space, &mapping) == STATUS_OK);
    check(can_write(page));
    look_at_others(random);
    check(arch_mmu_protect(&kernel_space, page, PAGE_SIZE, 0, MMU_WRITE_BACK) == STATUS_OK);
    check(can_read(page) && !can_write(page));
    look_at_others(random);
    unmap(page, mapping.phys, random);
}

static void map_on_cpu(void *unused)
{
    uint64_t random = SEED + cpu_self()->id * SPREAD;

    (void)unused;
    for (unsigned left = MAPPINGS / cpu_count(); left > 0; left--)
        map_once(page_of(cpu_self()->id), &random);
}

bool memory_selftest_mappings(void)
{
    atomic_store(&failures, 0);
    atomic_store(&seen, 0);
    cpu_run_on_all(map_on_cpu, NULL);
    log_debug("selftest memory: %u CPUs changed %u mappings, seed %lx: %lu reads, %lu failures",
              cpu_count(), MAPPINGS, SEED, atomic_load(&seen), atomic_load(&failures));
    return atomic_load(&seen) > 0 && atomic_load(&failures) == 0;
}
