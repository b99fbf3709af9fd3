/* Checks that fail: see kernel/fault_menu.h. */
#include "kernel/fault_menu.h"

#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "kernel/time/idle.h"
#include "lib/compiler.h"

static volatile int sink;
static volatile int thirty_one = 31, most = INT32_MAX, three = 3;

static void fail_panic(void) { panic("asked for by fault=panic"); /* fault: panic */ }

static void fail_assertion(void) { assert(most == 0); /* fault: assertion */ }

static void fail_comparison(void) { assert_compare(thirty_one, <, three); /* fault: comparison */ }

static void fail_warning(void) { WARN("asked for by fault=warning"); /* fault: warning */ }

NOINLINE static void smash_stack(void)
{
    volatile char buffer[16];
    volatile char *at = buffer;

    for (unsigned i = 0; i < 40; i++)
        at[i] = 'A';
} /* fault: stack-smash */

static void smash(void) { smash_stack(); }

static struct spinlock outer = SPINLOCK("outer", 1), inner = SPINLOCK("inner", 2);

static void lock_twice(void)
{
    spinlock_acquire(&outer);
    spinlock_acquire(&outer); /* fault: lock-twice */
}

static void unlock_free(void) { spinlock_release(&outer, 0); /* fault: unlock-free */ }

static void lock_out_of_order(void)
{
    spinlock_acquire(&inner);
    spinlock_acquire(&outer); /* fault: lock-order */
}

static void unlock_out_of_order(void)
{
    spinlock_acquire(&outer);
    spinlock_acquire(&inner);
    spinlock_release(&outer, 0); /* fault: unlock-order */
}

static void lock_open_to_interrupts(void)
{
    irq_state_t state = spinlock_acquire(&outer);

    arch_irq_enable();
    spinlock_release(&outer, state); /* fault: lock-interrupts */
}

static void sleep_with_lock(void)
{
    spinlock_acquire(&outer);
    sleep_ns(1000); /* fault: lock-idle */
}

static void end_with_lock(void) { spinlock_acquire(&outer); }

/* What only checked builds look for. */
static void shift_too_far(void) { sink = 1 << (thirty_one + 9); /* fault: undefined-shift */ }

static void add_too_much(void) { sink = most + three; /* fault: undefined-overflow */ }

static void index_too_far(void)
{
    int four[4] = {1, 2, 3, 4};

    sink = four[thirty_one]; /* fault: undefined-bounds */
}

static void read_through_null(void)
{
    const volatile int *volatile nothing = NULL;

    sink = *nothing; /* fault: undefined-null */
}

static void reach_the_unreachable(void)
{
    if (three == 3)
        __builtin_unreachable(); /* fault: undefined-unreachable */
    sink = 1;
}

static const char *unless_checked(void)
{
#ifdef CHECKED
    return NULL;
#else
    return "only a build with BUILD=checked looks for it";
#endif
}

static const struct fault_menu_entry entries[] = {
    {"panic", "a broken invariant", fail_panic, false, NULL},
    {"assertion", "an assertion that fails", fail_assertion, false, NULL},
    {"comparison", "an assertion that says which values it compared", fail_comparison, false, NULL},
    {"warning", "a warning, after which the kernel goes on", fail_warning, false, NULL},
    {"stack-smash", "overwrite a function's canary", smash, false, NULL},
    {"lock-twice", "take a lock that this CPU holds", lock_twice, false, NULL},
    {"lock-order", "take two locks in the wrong order", lock_out_of_order, false, NULL},
    {"lock-interrupts", "enable interrupts while a lock is held", lock_open_to_interrupts, false,
     NULL},
    {"lock-idle", "sleep while a lock is held", sleep_with_lock, false, NULL},
    {"lock-end", "hold a lock when the kernel ends", end_with_lock, false, NULL},
    {"unlock-free", "let go of a lock that nobody holds", unlock_free, false, NULL},
    {"unlock-order", "let go of the outer of two locks first", unlock_out_of_order, false, NULL},
    {"undefined-shift", "a shift by more than the type's width", shift_too_far, false,
     unless_checked},
    {"undefined-overflow", "a signed addition that overflows", add_too_much, false, unless_checked},
    {"undefined-bounds", "an index past an array's end", index_too_far, false, unless_checked},
    {"undefined-null", "a null pointer, found before it is used", read_through_null, false,
     unless_checked},
    {"undefined-unreachable", "code that cannot be reached", reach_the_unreachable, false,
     unless_checked},
};

const struct fault_menu check_fault_menu = {entries, ARRAY_COUNT(entries)};
