/*
 * Address spaces: changing what is mapped while CPUs may be using it. Everything that is taken out
 * takes the same way: out of the tables, flushed, then given back - so that no CPU can reach a frame
 * through a translation it still remembers when that frame belongs to somebody else.
 */
#include "arch/mmu.h"

#include "arch/cpu.h"
#include "kernel/address_map.h"
#include "kernel/image.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/lock_rank.h"
#include "kernel/panic.h"
#include "lib/align.h"
#include "lib/compiler.h"
#include "x86/paging.h"
#include "x86/registers.h"

#define REMOVED_MAX 32

static const uint64_t cache_flags[] = {
    [MMU_WRITE_BACK] = 0, [MMU_WRITE_COMBINING] = PTE_PWT, [MMU_UNCACHED] = PTE_PWT | PTE_PCD};

/* By rights. Kernel pages are global: they are the same in every space. */
static const uint64_t rights_flags[] = {
    [0] = PTE_NX | PTE_GLOBAL,
    [MMU_WRITE] = PTE_NX | PTE_GLOBAL | PTE_WRITABLE,
    [MMU_EXECUTE] = PTE_GLOBAL,
    [MMU_EXECUTE | MMU_WRITE] = PTE_GLOBAL | PTE_WRITABLE,
    [MMU_USER] = PTE_NX | PTE_USER,
    [MMU_USER | MMU_WRITE] = PTE_NX | PTE_USER | PTE_WRITABLE,
    [MMU_USER | MMU_EXECUTE] = PTE_USER,
    [MMU_USER | MMU_EXECUTE | MMU_WRITE] = PTE_USER | PTE_WRITABLE,
    [MMU_USER | MMU_SHARED] = PTE_NX | PTE_USER | PTE_SHARED,
    [MMU_USER | MMU_SHARED | MMU_EXECUTE] = PTE_USER | PTE_SHARED,
};

static inline uint64_t leaf_flags(unsigned rights, enum mmu_cache cache)
{
    return (cache_flags[cache] | rights_flags[rights]) & x86_leaf_flags;
}

/* After a flush of everything below them. */
static void free_emptied(struct address_space *space)
{
    paddr_t table;

    while ((table = page_tables_take_emptied(&space->tables)) != 0)
        frame_free(table);
}

/* A device's pages stay under 1 GiB: none may span two memory types (SDM vol. 3A, 11.11.9). */
NOINLINE static status_t map_pages(struct address_space *space, const struct mmu_mapping *mapping)
{
    const struct page_mapping pages = {.virt = mapping->virt,
                                       .phys = mapping->phys,
                                       .bytes = mapping->bytes,
                                       .flags = leaf_flags(mapping->rights, mapping->cache),
                                       .page_bytes_max =
                                           mapping->cache == MMU_WRITE_BACK ? GIB : 2 * MIB};
    irq_state_t state = spinlock_acquire(&space->lock);
    status_t status = page_tables_map(&space->tables, &pages);

    if (space->tables.emptied) { /* it failed, and tables made for it may be remembered */
        arch_tlb_flush(space, mapping->virt, mapping->bytes);
        free_emptied(space);
    }
    spinlock_release(&space->lock, state);
    return status;
}

/* One 4 KiB page after another goes the short way, if nobody holds the lock. */
static inline bool map_next_page(struct address_space *space, const struct mmu_mapping *mapping)
{
    irq_state_t state;
    uint64_t *entry;
    bool filled = false;

    if (mapping->bytes != PAGE_SIZE || !is_aligned(mapping->virt | mapping->phys, PAGE_SIZE) ||
        !spinlock_try_acquire(&space->lock, &state))
        return false;
    entry = page_tables_last_entry(&space->tables, mapping->virt);
    if (entry && *entry == 0) {
        *entry = mapping->phys | leaf_flags(mapping->rights, mapping->cache) | PTE_PRESENT;
        filled = true;
    }
    spinlock_release(&space->lock, state);
    return filled;
}

status_t arch_mmu_map(struct address_space *space, const struct mmu_mapping *mapping)
{
    return map_next_page(space, mapping) ? STATUS_OK : map_pages(space, mapping);
}

bool arch_mmu_fill_page(struct address_space *space, vaddr_t virt, paddr_t phys, unsigned rights)
{
    uint64_t *entry = page_tables_last_entry(&space->tables, virt);

    assert(!atomic_load_explicit(&space->lock.owner, memory_order_relaxed));
    if (!entry)
        return false;
    assert(*entry == 0);
    *entry = phys | leaf_flags(rights, MMU_WRITE_BACK) | PTE_PRESENT;
    return true;
}

NOINLINE static status_t unmap_pages(struct address_space *space, vaddr_t virt, uint64_t bytes)
{
    irq_state_t state = spinlock_acquire(&space->lock);
    status_t status = page_tables_unmap(&space->tables, virt, bytes, NULL);

    arch_tlb_flush(space, virt, bytes);
    free_emptied(space);
    spinlock_release(&space->lock, state);
    return status;
}

static inline bool clear_next_page(struct address_space *space, vaddr_t virt, uint64_t bytes)
{
    irq_state_t state;
    uint64_t *entry;
    bool cleared = false;

    if (bytes != PAGE_SIZE || !is_aligned(virt, PAGE_SIZE) ||
        !spinlock_try_acquire(&space->lock, &state))
        return false;
    entry = page_tables_last_entry(&space->tables, virt);
    if (entry && page_table_is_shared(entry)) {
        *entry = 0;
        cleared = true;
    }
    spinlock_release(&space->lock, state);
    return cleared;
}

status_t arch_mmu_unmap(struct address_space *space, vaddr_t virt, uint64_t bytes)
{
    if (!clear_next_page(space, virt, bytes))
        return unmap_pages(space, virt, bytes);
    arch_tlb_flush(space, virt, bytes);
    return STATUS_OK;
}

/* Leaves that were taken out and not yet flushed. */
struct removed {
    struct address_space *space;
    vaddr_t virt;
    uint64_t bytes;
    unsigned count;
    struct {
        paddr_t phys;
        uint64_t bytes;
    } leaves[REMOVED_MAX];
};

static void free_removed(struct removed *removed)
{
    arch_tlb_flush(removed->space, removed->virt, removed->bytes);
    for (unsigned i = 0; i < removed->count; i++)
        if (removed->leaves[i].bytes == PAGE_SIZE)
            frame_free(removed->leaves[i].phys);
        else
            frame_free_run(removed->leaves[i].phys, removed->leaves[i].bytes / PAGE_SIZE);
    removed->count = 0;
}

static void on_removed(void *context, paddr_t phys, uint64_t bytes)
{
    struct removed *removed = context;

    if (removed->count == REMOVED_MAX)
        free_removed(removed);
    removed->leaves[removed->count].phys = phys;
    removed->leaves[removed->count++].bytes = bytes;
}

status_t arch_mmu_unmap_and_free(struct address_space *space, vaddr_t virt, uint64_t bytes)
{
    struct removed removed;
    const struct page_removal removal = {.removed = on_removed, .context = &removed};
    irq_state_t state = spinlock_acquire(&space->lock);
    status_t status;

    removed.space = space;
    removed.virt = virt;
    removed.bytes = bytes;
    removed.count = 0;
    status = page_tables_unmap(&space->tables, virt, bytes, &removal);
    free_removed(&removed);
    free_emptied(space);
    spinlock_release(&space->lock, state);
    return status;
}

status_t arch_mmu_protect(struct address_space *space, vaddr_t virt, uint64_t bytes,
                          unsigned rights, enum mmu_cache cache)
{
    irq_state_t state = spinlock_acquire(&space->lock);
    status_t status = page_tables_protect(&space->tables, virt, bytes, leaf_flags(rights, cache));

    arch_tlb_flush(space, virt, bytes);
    spinlock_release(&space->lock, state);
    return status;
}

void arch_mmu_protect_user(struct address_space *space, vaddr_t virt, uint64_t bytes,
                           unsigned rights)
{
    irq_state_t state = spinlock_acquire(&space->lock);

    page_tables_protect_pages(&space->tables, virt, bytes,
                              leaf_flags(rights | MMU_USER, MMU_WRITE_BACK));
    arch_tlb_flush(space, virt, bytes);
    spinlock_release(&space->lock, state);
}

void arch_mmu_seal(void)
{
    vaddr_t start = (vaddr_t)kernel_after_init_start;
    uint64_t bytes = (vaddr_t)kernel_after_init_end - start;
    status_t status = ERR_NOT_FOUND;
    paddr_t phys;

    if (arch_mmu_lookup(start, &phys))
        status = arch_mmu_protect(&kernel_space, start, bytes, 0, MMU_WRITE_BACK);
    if (status == STATUS_OK)
        status = arch_mmu_protect(&kernel_space, DIRECT_MAP_START + phys, bytes, 0, MMU_WRITE_BACK);
    if (status != STATUS_OK)
        panic("what the boot wrote cannot be made read-only: %s", status_text(status));
}

bool arch_mmu_space_lookup(struct address_space *space, vaddr_t virt, paddr_t *phys)
{
    struct page_walk walk;
    irq_state_t state = spinlock_acquire(&space->lock);

    page_tables_walk(&space->tables, virt, &walk);
    spinlock_release(&space->lock, state);
    *phys = walk.phys;
    return walk.present;
}

status_t arch_mmu_space_create(struct address_space *space)
{
    const uint64_t *kernel_root = phys_to_virt(kernel_space.tables.root);
    paddr_t root = x86_alloc_table(NULL);
    uint64_t *entries = phys_to_virt(root);

    if (root == 0)
        return ERR_NO_MEMORY;
    for (unsigned i = PAGE_TABLE_ENTRIES / 2; i < PAGE_TABLE_ENTRIES; i++)
        entries[i] = kernel_root[i];
    *space = (struct address_space){.tables = {.root = root,
                                               .levels = kernel_space.tables.levels,
                                               .gib_pages = kernel_space.tables.gib_pages,
                                               .offset = kernel_space.tables.offset,
                                               .alloc_frame = x86_alloc_table},
                                    .lock = SPINLOCK("address space", LOCK_RANK_ADDRESS_SPACE)};
    return STATUS_OK;
}

void arch_mmu_space_destroy(struct address_space *space)
{
    arch_mmu_unmap_and_free(space, 0, USER_END); /* ends at no page's middle: nothing is split */
    frame_free(space->tables.root);
    space->tables.root = 0;
}
