/* See kernel/spinlock.h. */
#include "kernel/spinlock.h"

#include "kernel/panic.h"

void spinlock_misused(const struct spinlock *lock, const char *what)
{
    const struct cpu *owner = atomic_load(&lock->owner);

    if (owner)
        panic("the lock \"%s\" is %s; CPU %X holds it", lock->name ? lock->name : "(unnamed)", what,
              owner->id);
    panic("the lock \"%s\" is %s; nobody holds it", lock->name ? lock->name : "(unnamed)", what);
}
