/*
 * A lock for data that several CPUs or an interrupt share. Taking it masks interrupts and says what
 * they were; letting it go puts that back. Never held across a wait; locks nest in one order only,
 * which their users state.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "arch/cpu.h"

struct spinlock {
    _Atomic(struct cpu *) owner; /* NULL: free */
};

static inline irq_state_t spinlock_acquire(struct spinlock *lock)
{
    irq_state_t state = arch_irq_save();
    struct cpu *nobody = NULL;

    while (!atomic_compare_exchange_weak_explicit(&lock->owner, &nobody, cpu_self(),
                                                  memory_order_acquire, memory_order_relaxed)) {
        nobody = NULL;
        arch_cpu_relax();
    }
    return state;
}

static inline void spinlock_release(struct spinlock *lock, irq_state_t state)
{
    atomic_store_explicit(&lock->owner, NULL, memory_order_release);
    arch_irq_restore(state);
}

#endif
