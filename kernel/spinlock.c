/* See kernel/spinlock.h. */
#include "kernel/spinlock.h"

#include "kernel/cpu_call.h"
#include "kernel/panic.h"
#include "kernel/patience.h"
#include "lib/format.h"

static const char *name_of(const struct spinlock *lock)
{
    return lock->name ? lock->name : "(unnamed)";
}

void spinlock_misused(const struct spinlock *lock, const char *what)
{
    const struct cpu *owner = atomic_load(&lock->owner);

    if (owner)
        panic("the lock \"%s\" is %s; CPU %0*X holds it", name_of(lock), what, cpu_id_digits(),
              owner->id);
    panic("the lock \"%s\" is %s; nobody holds it", name_of(lock), what);
}

void spinlock_misplaced(const struct spinlock *lock)
{
    spinlock_misused(lock, atomic_load(&lock->owner) == cpu_self()
                               ? "let go before one that was taken later"
                               : "let go by a CPU that does not hold it");
}

void spinlock_describe_waiting(const struct cpu *cpu, char *text, size_t size)
{
    const struct spinlock *lock = cpu->waits_for;
    const struct cpu *owner = lock ? atomic_load(&lock->owner) : NULL;

    text[0] = '\0';
    if (owner)
        format(text, size, "waits for the lock \"%s\", which CPU %0*X holds", name_of(lock),
               cpu_id_digits(), owner->id);
}

/* The holder may be waiting for this CPU to answer a call, so calls are served here. Patience is with one holder: many
 * CPUs that take turns may keep this one waiting for long, and none of them does wrong. */
void spinlock_wait(struct spinlock *lock, struct cpu *self)
{
    struct cpu *holder = NULL, *before = NULL;
    struct patience patience;

    patience_start(&patience);
    self->waits_for = lock;
    while (!atomic_compare_exchange_weak_explicit(&lock->owner, &holder, self, memory_order_acquire,
                                                  memory_order_relaxed)) {
        if (holder == self)
            spinlock_misused(lock, "taken again by the CPU that holds it");
        if (holder && holder != before)
            patience_start(&patience);
        else if (holder && patience_is_over(&patience))
            spinlock_misused(lock, "held for too long while this CPU waits for it");
        before = holder ? holder : before;
        holder = NULL;
        cpu_serve_calls(self);
        arch_cpu_relax();
    }
    self->waits_for = NULL;
}
