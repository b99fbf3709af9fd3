/*
 * Page frames: single ones from a cache of this CPU's own, runs of any length from the zones behind
 * it (kernel/mm/buddy.h). A zone is a stretch of RAM with few holes; its metadata lies in the zone
 * itself and is set up as frames are first asked for, so that the boot's cost does not grow with
 * RAM. Any context but an NMI, unless said otherwise; interrupts are masked inside.
 */
#ifndef KERNEL_MM_FRAME_H
#define KERNEL_MM_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/memory_map.h"
#include "lib/types.h"

/* ---- before frame_init(): boot CPU ---- */

/* The largest range of kind MEMORY_FREE; start == end when there is none. */
void frame_largest_free(const struct memory_map *map, paddr_t *start, paddr_t *end);

/* From now on frame_early_alloc() gives frames of [start, end), which must be free and mapped. */
void frame_early_init(paddr_t start, paddr_t end);

/* A frame with any contents that is never given back; 0 when none is left, and after
 * frame_init(). */
paddr_t frame_early_alloc(void);

/* Takes over everything that the map has as MEMORY_FREE but what frame_early_alloc() gave out. The
 * direct map must be complete. `map` is the kernel's own and must stay; the metadata is claimed in
 * it. Once. */
void frame_init(const struct memory_map *map);

/* Makes this CPU's cache. Once on each CPU, before anything below is called there. */
void frame_init_cpu(void);

/* ---- afterwards ---- */

/* A frame with any contents, or 0 when none is left. */
paddr_t frame_alloc(void);

/* Gives back a frame of frame_alloc(), or a run of one. Anything else is a panic that names the
 * caller and what the frame is. */
void frame_free(paddr_t phys);

#define FRAME_ANYWHERE UINT64_MAX

/*
 * A run of frames with any contents: `page_count` of them, 1 or more, at a multiple of `align_bytes`
 * (a power of two, PAGE_SIZE or more), ending at `limit` or below. A large page is a run that is
 * aligned to its size. 0 when there is none.
 */
paddr_t frame_alloc_run(uint64_t page_count, uint64_t align_bytes, paddr_t limit);

/* Gives back a whole run; panics like frame_free(). */
void frame_free_run(paddr_t phys, uint64_t page_count);

/* Hands [start, end) to the allocator, which must lie in one zone or it stays unused: memory whose
 * owner is done with it. False when no zone holds it. */
bool frame_add(paddr_t start, paddr_t end);

/* Gives this CPU's cache back to the zones, so that everything free can join. */
void frame_cache_drain(void);

struct frame_statistics {
    uint64_t total_count; /* frames that are or were once free */
    uint64_t free_count;
    uint64_t cached_count;   /* part of free_count */
    uint64_t metadata_bytes; /* of all zones */
    unsigned zone_count;
    uint64_t largest_free_count; /* frames of the largest free block */
};

/* As of now; other CPUs may allocate meanwhile. */
void frame_statistics(struct frame_statistics *statistics);

/* Frames that are allocated. */
uint64_t frame_allocated_count(void);

/* Says what a frame is: "free", "in a run of 3 from 12345000", "no frame of the allocator's (ACPI
 * tables)"; in checked builds also who allocated or freed it. At most size - 1 characters. Takes no
 * lock. Any context. */
void frame_describe(paddr_t phys, char *text, size_t size);

#endif
