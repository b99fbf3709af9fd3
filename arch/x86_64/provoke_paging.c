/* Faults by page-table entries: see kernel/fault_menu.h. */
#include "provoke.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/image.h"
#include "kernel/mm/frame.h"
#include "kernel/panic.h"
#include "lib/compiler.h"
#include "lib/page_table.h"
#include "x86/cpuid.h"
#include "x86/paging.h"
#include "x86/registers.h"

#define USER_PAGE    0x0000000000400000
#define UNUSED_SLOT  400 /* of the PML4: between the vmap area and the heap */
#define UNUSED_START (UINT64_MAX << 48 | (uint64_t)UNUSED_SLOT << 39)
#define PTE_RESERVED BIT(51) /* above the physical addresses of any CPU of today */
#define NO_RAM       UINT64_C(0x0000000fffff0000)

static volatile uint64_t sink;

const char *provoke_lacks_smap(void) { return x86_has(X86_SMAP) ? NULL : "the CPU has no SMAP"; }

const char *provoke_lacks_smep(void) { return x86_has(X86_SMEP) ? NULL : "the CPU has no SMEP"; }

static void map_user_page(void)
{
    struct page_tables tables;
    const struct page_mapping mapping = {.virt = USER_PAGE,
                                         .phys = frame_alloc(),
                                         .bytes = PAGE_SIZE,
                                         .flags = PTE_WRITABLE | PTE_USER,
                                         .page_bytes_max = PAGE_SIZE};

    x86_live_tables(&tables);
    if (mapping.phys == 0 || page_tables_map(&tables, &mapping) != STATUS_OK)
        panic("no memory for a user page");
}

void provoke_user_read(void)
{
    map_user_page();
    sink = *(volatile uint64_t *)USER_PAGE; /* fault: user-read */
}

void provoke_user_write(void)
{
    map_user_page();
    *(volatile uint64_t *)USER_PAGE = 1; /* fault: user-write */
}

void provoke_user_execute(void)
{
    map_user_page();
    ((void (*)(void))USER_PAGE)(); /* fault: user-execute */
}

static void set_unused_slot(uint64_t entry)
{
    struct page_tables tables;

    x86_live_tables(&tables);
    ((uint64_t *)phys_to_virt(tables.root))[UNUSED_SLOT] = entry;
}

void provoke_reserved_bit(void)
{
    set_unused_slot(PTE_PRESENT | PTE_RESERVED | (x86_read_cr3() & PTE_ADDRESS));
    sink = *(volatile uint64_t *)UNUSED_START; /* fault: reserved-bit */
}

void provoke_damaged_tables(void)
{
    set_unused_slot(PTE_PRESENT | NO_RAM);
    sink = *(volatile uint64_t *)UNUSED_START; /* fault: damaged-tables */
}

/* Past the read-only mapping, as a stray write with CR0.WP off would get. */
void provoke_damaged_symbols(void)
{
    uint64_t cr0 = x86_read_cr0();

    x86_write_cr0(cr0 & ~CR0_WP);
    for (char *at = kernel_symbols_start; at < kernel_symbols_end; at += 97)
        *(volatile char *)at = 0x5a;
    x86_write_cr0(cr0);
    __asm__ volatile("ud2"); /* fault: damaged-symbols */
}
