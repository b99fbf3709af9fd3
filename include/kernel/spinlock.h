/*
 * A lock for data that several CPUs or an interrupt share. Taking it masks interrupts and says what
 * they were; letting it go puts that back. Never held across a wait. Misuse panics in every build: taking a lock that
 * this CPU holds, letting go of another's, interrupts enabled meanwhile, an order other than ascending ranks, and holding
 * one that has a rank when the CPU goes idle or the kernel ends.
 */
#ifndef KERNEL_SPINLOCK_H
#define KERNEL_SPINLOCK_H

#include <stdbool.h>

#include "arch/cpu.h"
#include "kernel/spinlock_type.h"

/* spinlock.c: a panic that says what was done wrong; and waiting for another CPU to let go, until the lock is taken. */
NORETURN void spinlock_misused(const struct spinlock *lock, const char *what);
NORETURN void spinlock_misplaced(const struct spinlock *lock); /* not the one to be let go now */
void spinlock_wait(struct spinlock *lock, struct cpu *self);

/* "waits for the lock "x", which CPU 1 holds", or nothing, when that CPU waits for none. At most size - 1 characters. Takes
 * no lock: the holder may change meanwhile. Any context. */
void spinlock_describe_waiting(const struct cpu *cpu, char *text, size_t size);

/* The owner has just become `self`: its other locks must be of lower ranks. */
static inline void spinlock_nest(struct spinlock *lock, struct cpu *self)
{
    if (lock->rank == 0)
        return;
    lock->outer = self->lock;
    if (self->lock && lock->rank <= self->lock->rank)
        spinlock_misused(lock, "taken after one that must come later");
    self->lock = lock;
}

static inline bool spinlock_take(struct spinlock *lock, struct cpu *self)
{
    struct cpu *holder = NULL;

    return atomic_compare_exchange_strong_explicit(&lock->owner, &holder, self,
                                                   memory_order_acquire, memory_order_relaxed);
}

static inline irq_state_t spinlock_acquire(struct spinlock *lock)
{
    irq_state_t state = arch_irq_save();
    struct cpu *self = cpu_self();

    if (!spinlock_take(lock, self))
        spinlock_wait(lock, self);
    spinlock_nest(lock, self);
    return state;
}

/* Takes the lock if it is free; else false, and interrupts are as they were. For a short way that leaves waiting to
 * the long one: where no call returns, the compiler saves no registers. */
static inline bool spinlock_try_acquire(struct spinlock *lock, irq_state_t *state)
{
    struct cpu *self;

    *state = arch_irq_save();
    self = cpu_self();
    if (!spinlock_take(lock, self)) {
        arch_irq_restore(*state);
        return false;
    }
    spinlock_nest(lock, self);
    return true;
}

/* A lock that has a rank and is the last one that this CPU took is this CPU's: its owner need not be read. */
static inline void spinlock_release(struct spinlock *lock, irq_state_t state)
{
    struct cpu *self = cpu_self();

    if (lock->rank != 0) {
        if (self->lock != lock)
            spinlock_misplaced(lock);
        self->lock = lock->outer;
    } else if (atomic_load_explicit(&lock->owner, memory_order_relaxed) != self) {
        spinlock_misplaced(lock);
    }
    if (arch_irq_enabled())
        spinlock_misused(lock, "held while interrupts were enabled");
    atomic_store_explicit(&lock->owner, NULL, memory_order_release);
    arch_irq_restore(state);
}

/* Where this CPU must hold no lock: panics with `what`, such as "held by a CPU that goes idle". */
static inline void spinlock_check_none_held(const char *what)
{
    const struct spinlock *lock = cpu_self()->lock;

    if (lock)
        spinlock_misused(lock, what);
}

#endif
