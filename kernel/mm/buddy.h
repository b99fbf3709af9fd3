/*
 * A buddy allocator over one stretch of page frames: blocks of 1, 2, 4 ... frames, aligned to their
 * size by frame number, halved when they are too large and joined again when both halves are free.
 * Pure: it knows numbers and its own metadata and never touches a frame. One caller at a time.
 *
 * Every block that is free or handed out has a head, its first frame, and only heads carry a state;
 * all other frames are FRAME_INNER. Metadata becomes valid a group of frames at a time, when the
 * first head falls into the group, so that setting up costs nothing for frames nobody has asked
 * for: until then its bytes mean nothing. Hence the rule that every function here keeps: a frame's
 * metadata is read only when its group is set up.
 */
#ifndef KERNEL_MM_BUDDY_H
#define KERNEL_MM_BUDDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

#define BUDDY_ORDERS 28                  /* blocks of 2^0 to 2^27 frames: 4 KiB to 512 GiB */
#define BUDDY_GROUP  512                 /* frames */
#define BUDDY_MAX    (UINT32_C(1) << 31) /* frames in one stretch */
#define BUDDY_NONE   UINT32_MAX

enum frame_state {
    FRAME_INNER,     /* no head: part of the block before it, or never given to the allocator */
    FRAME_FREE,      /* head of a free block */
    FRAME_CACHED,    /* free, and lying in a CPU's cache */
    FRAME_ALLOCATED, /* head of a run that was handed out */
};

/* What is kept for each frame: 0.29 % of the memory it describes. */
struct frame {
    uint32_t next; /* free: the next block of this order; allocated: frames in the run */
    uint32_t prev;
    uint32_t info; /* frame_info() */
};

_Static_assert(sizeof(struct frame) == 12, "0.4 % of RAM with everything that is rounded up");

/* `site` is the code that allocated or freed it last, as an offset into the kernel's image below 8
 * MiB; 0 where none is recorded. */
static inline uint32_t frame_info(enum frame_state state, unsigned order, uint32_t site)
{
    return (uint32_t)state | order << 4 | site << 9;
}

#define FRAME_INFO_KIND 0x1ff /* state and order */

static inline enum frame_state frame_info_state(uint32_t info) { return info & 0xf; }
static inline unsigned frame_info_order(uint32_t info) { return info >> 4 & 0x1f; }
static inline uint32_t frame_info_site(uint32_t info) { return info >> 9; }

struct buddy {
    uint64_t first; /* number of frames[0]: its address by the page size */
    uint64_t count;
    struct frame *frames;
    uint64_t *set_up;    /* a bit for each group */
    uint64_t free_count; /* frames in free blocks */
    uint32_t orders;     /* a bit for each order that has a free block */
    uint32_t heads[BUDDY_ORDERS];
};

struct buddy_request {
    uint64_t count; /* frames, 1 or more */
    uint64_t align; /* of the first frame's number: a power of two */
    uint64_t limit; /* number of the frame at which the run must end or before */
    uint32_t site;
};

/* The block or run that a frame belongs to. */
struct buddy_block {
    uint32_t head;
    uint64_t count;
    enum frame_state state;
    uint32_t site; /* who allocated it; of a free frame, who freed it last, 0 when nobody did */
};

/* Bytes of metadata for so many frames. */
uint64_t buddy_metadata_bytes(uint64_t count);

/* Starts with no frame free. `metadata` holds any bytes, aligned to 8; `count` is at most
 * BUDDY_MAX. */
void buddy_init(struct buddy *buddy, uint64_t first, uint64_t count, void *metadata);

/* Makes [index, index + count) free and joins it with what is free beside it. They must not be part
 * of a block. */
void buddy_give(struct buddy *buddy, uint32_t index, uint64_t count);

/* Hands out a run; false when no free block suits. */
bool buddy_take(struct buddy *buddy, const struct buddy_request *request, uint32_t *index);

/* Takes back a run that buddy_take() handed out, whole; `site` is who gives it back. */
void buddy_return(struct buddy *buddy, uint32_t index, uint32_t site);

/* What a frame belongs to; false when it is part of nothing that the allocator was given. */
bool buddy_find(const struct buddy *buddy, uint32_t index, struct buddy_block *block);

/* Whether a free block of exactly this order begins at this frame, which may be any number. */
bool buddy_is_free_block(const struct buddy *buddy, uint64_t index, unsigned order);

/* Whether each list of free blocks holds such blocks alone, linked both ways and none beside its other half, and all
 * together as many frames as are counted as free. In time that follows the number of free blocks. */
bool buddy_is_sound(const struct buddy *buddy);

/* Whether the frame's metadata means something. */
static inline bool buddy_is_set_up(const struct buddy *buddy, uint64_t index)
{
    uint64_t group = index / BUDDY_GROUP;

    return buddy->set_up[group / 64] >> group % 64 & 1;
}

/* ---- what the user of this file provides ---- */

/* The list of free blocks of an order was written over: the block at `index`, which its head or a
 * neighbour names, is no free block, or has a neighbour that does not name it in turn. Nothing has
 * been changed yet. */
NORETURN void buddy_report_corruption(const struct buddy *buddy, uint32_t index, unsigned order);

#endif
