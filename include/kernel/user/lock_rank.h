/* The order in which the locks of this folder nest, before all locks of the memory code (kernel/mm/lock_rank.h). */
#ifndef KERNEL_USER_LOCK_RANK_H
#define KERNEL_USER_LOCK_RANK_H

enum user_lock_rank {
    LOCK_RANK_PROCESSES = 2,
    LOCK_RANK_RUN_QUEUE = 4,
};

#endif
