/* Rounding to powers of two. `align` must be one; align_up of a value within `align` of 2^64 wraps
 * to 0. */
#ifndef LIB_ALIGN_H
#define LIB_ALIGN_H

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t align_down(uint64_t value, uint64_t align) { return value & ~(align - 1); }

static inline uint64_t align_up(uint64_t value, uint64_t align)
{
    return align_down(value + align - 1, align);
}

static inline bool is_aligned(uint64_t value, uint64_t align) { return (value & (align - 1)) == 0; }

#endif
