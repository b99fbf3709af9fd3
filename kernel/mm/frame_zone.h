/* The zones that frames come from; shared by the files of the frame allocator. */
#ifndef KERNEL_MM_FRAME_ZONE_H
#define KERNEL_MM_FRAME_ZONE_H

#include "buddy.h"
#include "kernel/address_map.h"
#include "kernel/spinlock.h"
#include "lib/compiler.h"
#include "lib/types.h"

/* Far more than any machine has stretches of RAM; what does not fit is warned about and unused. */
#define FRAME_ZONES_MAX 64

struct frame_zone {
    paddr_t start;
    uint64_t bytes;
    struct buddy buddy;   /* its fields too belong to the holder of the lock */
    struct spinlock lock; /* innermost: nothing else is taken while it is held */
    uint64_t total_count; /* frames ever given to it */
};

/* Sorted by address; the one at [frame_zone_count] holds nothing. */
extern struct frame_zone frame_zones[FRAME_ZONES_MAX + 1];
extern unsigned frame_zone_count;

/* Number of the zone that holds an address, frame_zone_count when none does. Any context. */
unsigned frame_zone_of(paddr_t phys);

/* Panics: `page_count` frames at `phys` were freed by the code at `caller`, and may not be. */
NORETURN void frame_report_misuse(paddr_t phys, uint64_t page_count, vaddr_t caller);

/* The code that called this function, as checked builds keep it for reports; 0 in others. */
#define CALL_SITE()                                                                                \
    (CHECKED_BUILD ? (uint32_t)((vaddr_t)__builtin_return_address(0) - KERNEL_IMAGE_START) : 0)

#endif
