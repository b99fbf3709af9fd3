/*
 * A walk along the callers of an instruction, by frame pointers (System V ABI, AMD64, figure 3.3). Whatever the
 * memory holds, it ends, and reads only through the callback. Where a function has no frame record, because it never
 * makes one or stands before or behind it, its return address is looked for above the stack pointer. Pure: the kernel,
 * the host tests and the fuzzer use it with memory of their own.
 */
#ifndef LIB_UNWIND_H
#define LIB_UNWIND_H

#include <stdbool.h>

#include "lib/types.h"

struct unwind_stack {
    vaddr_t low, high; /* [low, high) */
};

/* What an interrupted instruction was doing: from a trap frame. */
struct unwind_registers {
    vaddr_t ip, sp, fp;
    unsigned vector; /* of the trap that interrupted it */
};

struct unwind_world {
    /* Copies bytes from an address; false when one of them cannot be read. */
    bool (*read)(void *context, vaddr_t address, void *to, unsigned bytes);
    /* The stack that holds an address (its end counts); false: none. */
    bool (*find_stack)(void *context, vaddr_t address, struct unwind_stack *stack);
    bool (*is_text)(void *context, vaddr_t address);
    /* Start of the function that holds an address; 0: unknown. */
    vaddr_t (*function_start)(void *context, vaddr_t address);
    /* True when a return address lies in a trap entry; the frame record of what that entry called lies at fp. */
    bool (*trap_at)(void *context, vaddr_t return_address, vaddr_t fp,
                    struct unwind_registers *interrupted);
    void *context;
};

enum unwind_end {
    UNWIND_GOES_ON,
    UNWIND_COMPLETE,   /* the frame pointer is 0, as the first function of each stack leaves it */
    UNWIND_BAD_FP,     /* it is misaligned, or lies in no stack or not above the stack pointer */
    UNWIND_UNREADABLE, /* the frame record cannot be read */
    UNWIND_BAD_RETURN, /* what should be a return address is none: no text, or no call before it */
};

struct unwinder {
    const struct unwind_world *world;
    vaddr_t ip, sp, fp;
    bool is_exact;   /* ip is where execution stood; else it is a return address */
    bool crossed;    /* a trap lies between this frame and the one before */
    unsigned vector; /* that trap's */
    enum unwind_end end;
};

/* Frame 0: the instruction itself. `world` must stay. */
void unwind_start(struct unwinder *unwinder, const struct unwind_world *world, vaddr_t ip,
                  vaddr_t sp, vaddr_t fp);

/* Moves to the caller's frame. False at the end; `end` then says why. */
bool unwind_next(struct unwinder *unwinder);

/*
 * After an end that is not UNWIND_COMPLETE: the next word above that can be a return address. It may be left over from
 * an earlier call, so it is a guess, and so is all that unwind_next() finds from there. False when there is none near.
 */
bool unwind_guess(struct unwinder *unwinder);

/* True when the bytes before an address are a CALL: E8, or FF /2 with any operand (SDM vol. 2A, "CALL"). */
bool unwind_is_after_call(const struct unwind_world *world, vaddr_t address);

#endif
