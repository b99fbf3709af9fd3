/*
 * The audit of the live page tables, by frame and not by address: a frame that one leaf makes
 * executable must not be writable through any other leaf. Two passes: first what each leaf alone
 * tells, and which frames are executable; then every writable leaf against those, and against the
 * frames of text, rodata and what the boot wrote for good.
 */
#include "arch/mmu.h"

#include "kernel/address_map.h"
#include "kernel/image.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/memory.h"
#include "kernel/mm/vmap.h"
#include "kernel/stack.h"
#include "lib/align.h"
#include "lib/compiler.h"
#include "x86/cpuid.h"
#include "x86/paging.h"

#define EXECUTABLE_RANGES_MAX 32

struct frames {
    paddr_t start, end;
};

struct auditor {
    struct mmu_audit *audit;
    struct frames constants, after_init;
    struct frames executable[EXECUTABLE_RANGES_MAX];
    unsigned count;
};

static void note_executable(struct auditor *auditor, const struct page_leaf *leaf)
{
    struct mmu_audit *audit = auditor->audit;

    audit->executable_bytes += leaf->bytes;
    if (leaf->virt < (vaddr_t)kernel_text_start || leaf->virt >= (vaddr_t)kernel_text_end)
        audit->broken[MMU_EXECUTABLE_ELSEWHERE]++;
    if (auditor->count > 0 && auditor->executable[auditor->count - 1].end == leaf->phys) {
        auditor->executable[auditor->count - 1].end += leaf->bytes;
        return;
    }
    if (auditor->count == EXECUTABLE_RANGES_MAX) {
        audit->broken[MMU_WRITABLE_AND_EXECUTABLE]++; /* cannot be proven, so it counts as broken */
        return;
    }
    auditor->executable[auditor->count].start = leaf->phys;
    auditor->executable[auditor->count++].end = leaf->phys + leaf->bytes;
}

static bool is_stray(const struct page_leaf *leaf)
{
    if (leaf->virt < DIRECT_MAP_START || leaf->virt - DIRECT_MAP_START >= DIRECT_MAP_BYTES)
        return false;
    return leaf->phys != leaf->virt - DIRECT_MAP_START ||
           !memory_is_ram_throughout(leaf->phys, leaf->bytes);
}

static bool collect(void *context, const struct page_leaf *leaf)
{
    struct auditor *auditor = context;
    struct mmu_audit *audit = auditor->audit;

    audit->leaf_count++;
    if ((int64_t)leaf->virt >= 0)
        audit->broken[MMU_MAPPED_IN_USER_HALF]++;
    else if (leaf->user)
        audit->broken[MMU_USER_IN_KERNEL_HALF]++;
    audit->broken[MMU_DIRECT_MAP_STRAYS] += is_stray(leaf);
    if (leaf->executable && audit->execution_can_be_denied)
        note_executable(auditor, leaf);
    return true;
}

/* Frames that a leaf and a range have in common. */
static uint64_t common(const struct page_leaf *leaf, const struct frames *frames)
{
    paddr_t start = frames->start > leaf->phys ? frames->start : leaf->phys;
    paddr_t leaf_end = leaf->phys + leaf->bytes;
    paddr_t end = frames->end < leaf_end ? frames->end : leaf_end;

    return start < end ? (end - start) / PAGE_SIZE : 0;
}

static bool compare(void *context, const struct page_leaf *leaf)
{
    struct auditor *auditor = context;
    uint64_t *broken = auditor->audit->broken;

    if (!leaf->writable)
        return true;
    broken[MMU_WRITABLE_CONSTANTS] += common(leaf, &auditor->constants);
    broken[MMU_WRITABLE_AFTER_INIT] += common(leaf, &auditor->after_init);
    for (unsigned i = 0; i < auditor->count; i++)
        broken[MMU_WRITABLE_AND_EXECUTABLE] += common(leaf, &auditor->executable[i]);
    return true;
}

static uint64_t mapped_at(vaddr_t virt)
{
    paddr_t phys;

    return arch_mmu_lookup(virt, &phys);
}

static void count_mapped(void *context, vaddr_t guard) { *(uint64_t *)context += mapped_at(guard); }

static void check_guards(struct mmu_audit *audit)
{
    uint64_t *broken = &audit->broken[MMU_MAPPED_GUARDS];
    const struct stack *stack;
    vaddr_t start, end;

    for (unsigned i = 0; (stack = stack_by_number(i)); i++)
        *broken += mapped_at(stack->low - 1) + mapped_at(stack->high);
    for (unsigned i = 0; vmap_reservation(i, &start, &end); i++)
        *broken += mapped_at(start) + mapped_at(end - 1);
    heap_visit_guards(count_mapped, broken);
}

/* Bits that the CPU sets by itself do not count. */
static uint64_t top_entry(const struct page_tables *tables, unsigned index)
{
    return ((const uint64_t *)(tables->offset + tables->root))[index] & ~PTE_ACCESSED;
}

static void check_top_entries(const struct page_tables *live, struct mmu_audit *audit)
{
    static const vaddr_t shared[] = {VMAP_START, HEAP_START};
    const struct page_tables *kernel = &kernel_space.tables;

    for (unsigned i = PAGE_TABLE_ENTRIES / 2; i < PAGE_TABLE_ENTRIES; i++)
        audit->broken[MMU_TOP_ENTRIES] += top_entry(live, i) != top_entry(kernel, i);
    for (unsigned i = 0; i < ARRAY_COUNT(shared); i++)
        audit->broken[MMU_TOP_ENTRIES] +=
            !(top_entry(live, page_index(shared[i], kernel->levels)) & PTE_PRESENT);
}

/* Those of a part of the image, which lies in one piece. */
static void find_frames(const char *start, const char *end, struct frames *frames)
{
    arch_mmu_lookup((vaddr_t)start, &frames->start);
    frames->end = frames->start + ((vaddr_t)end - (vaddr_t)start);
}

void arch_mmu_audit(struct mmu_audit *audit)
{
    struct auditor auditor = {.audit = audit};
    struct page_tables tables;

    find_frames(kernel_text_start, kernel_rodata_end, &auditor.constants);
    find_frames(kernel_after_init_start, kernel_after_init_end, &auditor.after_init);
    *audit = (struct mmu_audit){.execution_can_be_denied = x86_has(X86_NX)};
    x86_live_tables(&tables);
    page_tables_visit(&tables, collect, &auditor);
    page_tables_visit(&tables, compare, &auditor);
    check_guards(audit);
    check_top_entries(&tables, audit);
}
