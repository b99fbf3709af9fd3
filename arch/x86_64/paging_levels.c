/*
 * From paging of 4 levels to 5 and back, which a CPU can do only while its paging is off (SDM vol. 3A, 2.5, CR4.LA57). The
 * kernel's half is the same in both: it lies in the root of four levels, and the last entry of the root of five names that.
 */
#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/log.h"
#include "smp_tables.h"
#include "x86/cpuid.h"
#include "x86/descriptors.h"
#include "x86/paging.h"
#include "x86/trampoline.h"

#define LAST (PAGE_TABLE_ENTRIES - 1)

paddr_t x86_kernel_root_of_four(void)
{
    const struct page_tables *kernel = &kernel_space.tables;
    const uint64_t *root = (const uint64_t *)(kernel->offset + kernel->root);

    return kernel->levels == 5 ? root[LAST] & PTE_ADDRESS : kernel->root;
}

/* 0 when there is no memory. */
static paddr_t make_kernel_root(unsigned levels)
{
    paddr_t four = x86_kernel_root_of_four(), five;

    if (levels == 4)
        return four;
    five = x86_alloc_table(NULL);
    if (five)
        ((uint64_t *)phys_to_virt(five))[LAST] = four | PTE_PRESENT | PTE_WRITABLE | PTE_KEPT;
    return five;
}

/* There and back: what the control registers lost on the way they are given again. */
static void switch_to(unsigned levels, paddr_t root, paddr_t page)
{
    boot_cpu.gdt[GDT_TSS] = SEG_DESC_TSS;
    boot_cpu.gdt[GDT_TSS + 1] = 0;
    x86_switch_paging(page, x86_startup_root(kernel_space.tables.levels));
    kernel_space.tables.root = root;
    kernel_space.tables.levels = levels;
    arch_cpu_init_cpu();
    arch_mmu_space_switch(&kernel_space);
    x86_free_startup_tables(page);
}

void arch_mmu_set_levels(unsigned levels, paddr_t low_page)
{
    unsigned la57 = levels == 5;
    paddr_t root;

    if (levels == kernel_space.tables.levels)
        return;
    if (!x86_has(X86_LA57)) {
        log_warn("la57=%u ignored: this CPU has paging of 4 levels only", la57);
        return;
    }
    if (low_page == 0) {
        log_warn("la57=%u ignored: no page below 1 MiB is free", la57);
        return;
    }
    root = make_kernel_root(levels);
    if (root == 0 || !x86_make_startup_tables(low_page, levels, x86_paging_switched)) {
        log_warn("la57=%u ignored: no memory for the page tables", la57);
        return;
    }
    switch_to(levels, root, low_page);
    log_info("paging: %u levels from here on, as la57=%u says", levels, la57);
}
