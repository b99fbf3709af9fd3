/*
 * See smp_tables.h. The root lies below 4 GiB, for CR3 has 32 bits until a CPU is in long mode. While a CPU may run the
 * page, it is executable through these tables and writable through none, the direct map included.
 */
#include "smp_tables.h"

#include "arch/mmu.h"
#include "kernel/mm/frame.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "x86/control.h"
#include "x86/paging.h"
#include "x86/trampoline.h"

#define BELOW_4_GIB (4 * GIB)
#define CODE32      8 /* as in trampoline.S */
#define CODE64      16

static struct page_tables tables;

static void *in_copy(uint8_t *copy, const uint8_t *place)
{
    return copy + (place - trampoline_start);
}

static uint32_t copied_to(paddr_t page, const uint8_t *place)
{
    return (uint32_t)(page + (paddr_t)(place - trampoline_start));
}

static void copy_trampoline(paddr_t page)
{
    uint8_t *copy = phys_to_virt(page);
    struct trampoline_values values = {
        .cr0 = (uint32_t)x86_startup_cr0(),
        .cr3 = (uint32_t)tables.root,
        .cr4 = (uint32_t)x86_startup_cr4(),
        .efer = (uint32_t)x86_startup_efer(),
        .entry = (uint64_t)x86_ap_entry,
        .protected_mode = {.offset = copied_to(page, trampoline_protected), .selector = CODE32},
        .long_mode = {.offset = copied_to(page, trampoline_long), .selector = CODE64}};
    uint32_t gdt_base = copied_to(page, trampoline_gdt);

    memset(copy, 0, PAGE_SIZE);
    memcpy(copy, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    memcpy(in_copy(copy, trampoline_gdt_base), &gdt_base, sizeof(gdt_base));
    memcpy(in_copy(copy, trampoline_values), &values, sizeof(values));
}

/* The page's mapping in the direct map, where 4 KiB pages are (arch/x86_64/paging.c): nothing is split, so only a page
 * that is not mapped there can fail. */
static bool set_direct_map(paddr_t page, unsigned rights)
{
    return arch_mmu_protect(&kernel_space, (vaddr_t)phys_to_virt(page), PAGE_SIZE, rights,
                            MMU_WRITE_BACK) == STATUS_OK;
}

static bool make_root(void)
{
    paddr_t root = frame_alloc_run(1, PAGE_SIZE, BELOW_4_GIB);

    if (root == 0)
        return false;
    tables = (struct page_tables){.root = root,
                                  .levels = kernel_space.tables.levels,
                                  .offset = kernel_space.tables.offset,
                                  .alloc_frame = x86_alloc_table};
    memset(phys_to_virt(root), 0, PAGE_SIZE / 2);
    memcpy((uint8_t *)phys_to_virt(root) + PAGE_SIZE / 2,
           (const uint8_t *)phys_to_virt(kernel_space.tables.root) + PAGE_SIZE / 2, PAGE_SIZE / 2);
    return true;
}

bool x86_make_startup_tables(paddr_t page)
{
    const struct page_mapping mapping = {
        .virt = page, .phys = page, .bytes = PAGE_SIZE, .page_bytes_max = PAGE_SIZE};

    if (!make_root())
        return false;
    copy_trampoline(page);
    if (set_direct_map(page, 0) && page_tables_map(&tables, &mapping) == STATUS_OK)
        return true;
    x86_free_startup_tables(page);
    return false;
}

void x86_free_startup_tables(paddr_t page)
{
    paddr_t table;

    page_tables_unmap(&tables, page, PAGE_SIZE, NULL);
    while ((table = page_tables_take_emptied(&tables)) != 0)
        frame_free(table);
    frame_free_run(tables.root, 1);
    if (set_direct_map(page, MMU_WRITE))
        memset(phys_to_virt(page), 0, PAGE_SIZE);
}
