/* What the allocator must know of the frames that were given out before it. */
#ifndef KERNEL_MM_FRAME_EARLY_H
#define KERNEL_MM_FRAME_EARLY_H

#include "lib/types.h"

/* Ends it: where the frames that frame_early_alloc() gave out begin, and how much they are. */
paddr_t frame_early_taken(uint64_t *bytes);

#endif
