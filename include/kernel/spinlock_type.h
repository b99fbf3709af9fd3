/* What a lock is, for structures that have one; kernel/spinlock.h says what can be done with it. */
#ifndef KERNEL_SPINLOCK_TYPE_H
#define KERNEL_SPINLOCK_TYPE_H

#include <stdatomic.h>
#include <stdint.h>

struct cpu;

struct spinlock {
    _Atomic(struct cpu *) owner; /* NULL: free */
    const char *name;
    uint32_t rank;          /* locks nest in ascending order; 0: this one takes no part */
    struct spinlock *outer; /* that its holder took before and still holds, NULL: none */
};

#define SPINLOCK(lock_name, lock_rank)                                                             \
    {                                                                                              \
        .name = (lock_name), .rank = (lock_rank)                                                   \
    }

#endif
