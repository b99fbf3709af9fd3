/* A CPU's own stock of single frames: part of struct cpu, used by kernel/mm/frame.c only. */
#ifndef KERNEL_MM_FRAME_CACHE_H
#define KERNEL_MM_FRAME_CACHE_H

#include "lib/types.h"

#define FRAME_CACHE_ENTRIES 64

struct frame;

struct cached_frame {
    paddr_t phys;
    struct frame *frame;
};

/*
 * A stack that grows upwards; entries[0] is its bottom, never taken, with the address 0. The group of
 * frames (kernel/mm/buddy.h) that was last freed into is kept too, because the next frame that is
 * freed mostly belongs there; group_count is 0 when there is none.
 */
struct frame_cache {
    struct cached_frame *top;  /* the uppermost entry */
    struct cached_frame *last; /* the one that `top` is when the cache is full */
    paddr_t group_start;
    uint64_t group_count;
    struct frame *group_frames;
    struct cached_frame entries[1 + FRAME_CACHE_ENTRIES];
};

#endif
