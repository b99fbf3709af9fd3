/*
 * Forgetting translations. INVLPG takes the entry of one page out, of any size and global or not,
 * and all entries of the paging-structure caches (SDM vol. 3A, 4.10.4.1); for more than a few pages
 * forgetting everything is cheaper: writing CR3 does so but for global pages, changing CR4.PGE for
 * those too.
 */
#include "arch/mmu.h"

#include "arch/cpu.h"
#include "x86/registers.h"

#define PAGES_ONE_BY_ONE 32

static void flush_everything(void)
{
    irq_state_t state = arch_irq_save(); /* CR4 must not change between reading and writing it */
    uint64_t cr4 = x86_read_cr4();

    if (cr4 & CR4_PGE) {
        x86_write_cr4(cr4 & ~CR4_PGE);
        x86_write_cr4(cr4);
    } else {
        x86_write_cr3(x86_read_cr3());
    }
    arch_irq_restore(state);
}

/* A user space that this CPU does not use has nothing here: writing CR3 on the way out of it forgot
 * all. */
static bool may_be_known(const struct address_space *space)
{
    return space == &kernel_space || (x86_read_cr3() & PTE_ADDRESS) == space->tables.root;
}

static void flush_page(vaddr_t virt) { __asm__ volatile("invlpg (%0)" : : "r"(virt) : "memory"); }

void arch_tlb_flush(const struct address_space *space, vaddr_t virt, uint64_t bytes)
{
    if (!may_be_known(space))
        return;
    if (bytes == PAGE_SIZE) {
        flush_page(virt);
        return;
    }
    if (bytes > PAGES_ONE_BY_ONE * PAGE_SIZE) {
        flush_everything();
        return;
    }
    for (uint64_t done = 0; done < bytes; done += PAGE_SIZE)
        flush_page(virt + done);
}
