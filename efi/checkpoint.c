/* What the last boot has left about how far it got (lib/checkpoint.h), and where this one leaves its own. */
#include "loader.h"

/* Below 1 MiB, where the kernel hands out nothing; firmware gives away what lies highest there first, and starts CPUs
 * from what lies lowest. */
static const paddr_t places[] = {0x58000, 0x48000, 0x68000};

static void tell(struct loader *loader, uint64_t word)
{
    enum checkpoint reached;

    if (checkpoint_read(word, &reached) && reached < CHECKPOINT_REPORTED)
        loader_report(loader, reached == CHECKPOINT_IDLE ? LOG_INFO : LOG_WARN,
                      "the last boot got as far as %s, and ended without a report",
                      checkpoint_text(reached));
}

/* Of all places: the one that was free last time need not be the first that is now. */
void loader_find_checkpoint(struct loader *loader)
{
    for (unsigned i = 0; i < ARRAY_COUNT(places); i++) {
        volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)places[i];

        if (!loader_take_page(loader, places[i]))
            continue;
        tell(loader, *word);
        *word = 0;
        if (loader->info->checkpoint == 0)
            loader->info->checkpoint = places[i];
    }
    loader_reach(loader, CHECKPOINT_START);
}

/* A reset may throw away what only the cache has. */
void loader_reach(struct loader *loader, enum checkpoint reached)
{
    volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)loader->info->checkpoint;

    if (!word)
        return;
    *word = checkpoint_word(reached);
    __asm__ volatile("clflush %0" : : "m"(*word) : "memory");
}
