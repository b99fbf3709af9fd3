/*
 * Forgetting translations. INVLPG takes the entry of one page out, of any size and global or not,
 * and all entries of the paging-structure caches (SDM vol. 3A, 4.10.4.1); for more than a few pages
 * forgetting everything is cheaper: writing CR3 does so but for global pages, changing CR4.PGE for
 * those too. Other CPUs do the same when they are asked, each at once, and only those that use the space.
 */
#include "arch/mmu.h"

#include "arch/cpu.h"
#include "kernel/address_map.h"
#include "kernel/cpu_call.h"
#include "lib/compiler.h"
#include "x86/descriptors.h"
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

/* A user space that a CPU does not use has nothing there: writing CR3 on the way out of it forgot all. */
static inline bool may_know(const struct cpu *cpu, const struct address_space *space)
{
    return space == &kernel_space ||
           atomic_load(&((const struct x86_cpu *)cpu)->root) == space->tables.root;
}

static void flush_page(vaddr_t virt) { __asm__ volatile("invlpg (%0)" : : "r"(virt) : "memory"); }

static void flush_here(vaddr_t virt, uint64_t bytes)
{
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

/* What others are asked to forget. */
struct shootdown {
    struct cpu_request request;
    vaddr_t virt;
    uint64_t bytes;
};

static void flush_range(void *argument)
{
    const struct shootdown *shootdown = argument;

    flush_here(shootdown->virt, shootdown->bytes);
}

/* The change of the tables is written before the look at who uses the space: a CPU that begins to after that look walks the
 * changed ones. The other half is in arch_mmu_space_switch(). */
static void ask_others(const struct address_space *space, struct shootdown *shootdown)
{
    const struct cpu *self = cpu_self();

    atomic_thread_fence(memory_order_seq_cst);
    for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        if (cpu != self && may_know(cpu, space))
            cpu_call_begin(cpu, &shootdown->request);
}

/* All are asked before the first is waited for. */
NOINLINE static void flush_elsewhere(const struct address_space *space, vaddr_t virt,
                                     uint64_t bytes)
{
    struct shootdown shootdown = {{.function = flush_range, .argument = &shootdown}, virt, bytes};

    ask_others(space, &shootdown);
    cpu_call_wait(&shootdown.request);
}

NOINLINE static void flush_everywhere(const struct address_space *space, vaddr_t virt,
                                      uint64_t bytes)
{
    if (may_know(cpu_self(), space))
        flush_here(virt, bytes);
    if (cpu_count() > 1)
        flush_elsewhere(space, virt, bytes);
}

/* One page of the kernel's while one CPU runs is the commonest by far. */
void arch_tlb_flush(const struct address_space *space, vaddr_t virt, uint64_t bytes)
{
    if (cpu_count() == 1 && bytes == PAGE_SIZE && space == &kernel_space) {
        flush_page(virt);
        return;
    }
    flush_everywhere(space, virt, bytes);
}

/* Said before CR3 is written: who takes something out of the space from then on sees that this CPU may know it. */
void arch_mmu_space_switch(const struct address_space *space)
{
    atomic_store(&((struct x86_cpu *)cpu_self())->root, space->tables.root);
    x86_write_cr3(space->tables.root);
}

static struct shootdown bench_shootdown = {
    {.function = flush_range, .argument = &bench_shootdown}, VMAP_START, PAGE_SIZE};

void arch_bench_flush_ask(void) { ask_others(&kernel_space, &bench_shootdown); }

void arch_bench_flush_wait(void) { cpu_call_wait(&bench_shootdown.request); }
