/* See kernel/checkpoint.h. */
#include "kernel/checkpoint.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "boot.h"
#include "kernel/mm/memory.h"
#include "lib/compiler.h"

static volatile uint64_t *word READ_ONLY_AFTER_INIT;

void checkpoint_init(void)
{
    if (boot_info.checkpoint != 0 && memory_is_ram(boot_info.checkpoint))
        word = phys_to_virt(boot_info.checkpoint);
    checkpoint_reach(CHECKPOINT_PAGING);
}

/* A reset may throw away what only the cache has. */
void checkpoint_reach(enum checkpoint reached)
{
    if (!word)
        return;
    *word = checkpoint_word(reached);
    arch_cpu_write_back(word);
}
