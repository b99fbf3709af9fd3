/*
 * See smp_tables.h. There is a root for four levels, and one for five above it, which names it twice: for the low page and
 * for the kernel's half. Both lie below 4 GiB, for CR3 has 32 bits until a CPU is in long mode. While a CPU may run the
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
#define ROOTS       2
#define CODE32      8 /* as in trampoline.S */
#define CODE64      16

static struct page_tables tables; /* of four levels */
static paddr_t root_of_five;

static void *in_copy(uint8_t *copy, const uint8_t *place)
{
    return copy + (place - trampoline_start);
}

static uint32_t copied_to(paddr_t page, const uint8_t *place)
{
    return (uint32_t)(page + (paddr_t)(place - trampoline_start));
}

static void copy_trampoline(paddr_t page, unsigned levels, void (*entry)(void))
{
    uint8_t *copy = phys_to_virt(page);
    struct trampoline_values values = {
        .cr0 = (uint32_t)x86_startup_cr0(),
        .cr3 = (uint32_t)x86_startup_root(levels),
        .cr4 = (uint32_t)x86_startup_cr4(levels),
        .efer = (uint32_t)x86_startup_efer(),
        .entry = (uint64_t)entry,
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

paddr_t x86_startup_root(unsigned levels) { return levels == 5 ? root_of_five : tables.root; }

static bool make_roots(void)
{
    paddr_t roots = frame_alloc_run(ROOTS, PAGE_SIZE, BELOW_4_GIB);
    const uint8_t *kernel = phys_to_virt(x86_kernel_root_of_four());
    uint64_t *five;

    if (roots == 0)
        return false;
    tables = (struct page_tables){.root = roots,
                                  .levels = 4,
                                  .offset = kernel_space.tables.offset,
                                  .alloc_frame = x86_alloc_table};
    root_of_five = roots + PAGE_SIZE;
    five = phys_to_virt(root_of_five);
    memset(phys_to_virt(roots), 0, ROOTS * PAGE_SIZE);
    memcpy((uint8_t *)phys_to_virt(roots) + PAGE_SIZE / 2, kernel + PAGE_SIZE / 2, PAGE_SIZE / 2);
    five[0] = five[PAGE_TABLE_ENTRIES - 1] = tables.root | PTE_PRESENT | PTE_WRITABLE;
    return true;
}

bool x86_make_startup_tables(paddr_t page, unsigned levels, void (*entry)(void))
{
    const struct page_mapping mapping = {
        .virt = page, .phys = page, .bytes = PAGE_SIZE, .page_bytes_max = PAGE_SIZE};

    if (!make_roots())
        return false;
    copy_trampoline(page, levels, entry);
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
    frame_free_run(tables.root, ROOTS);
    if (set_direct_map(page, MMU_WRITE))
        memset(phys_to_virt(page), 0, PAGE_SIZE);
}
