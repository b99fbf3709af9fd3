/* The order in which the locks of the memory code nest: ascending (kernel/spinlock.h). */
#ifndef KERNEL_MM_LOCK_RANK_H
#define KERNEL_MM_LOCK_RANK_H

enum memory_lock_rank {
    LOCK_RANK_VMAP = 10,
    LOCK_RANK_HEAP_BLOCKS,
    LOCK_RANK_HEAP_PLACES,
    LOCK_RANK_HEAP_QUARANTINE,
    LOCK_RANK_ADDRESS_SPACE = 20,
    LOCK_RANK_FRAMES = 30,
};

#endif
