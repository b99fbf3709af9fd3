/* Single bits and bit-fields, so that registers are built by name and never by OR-ed hexadecimal.
 */
#ifndef LIB_BITS_H
#define LIB_BITS_H

#include <stdint.h>

#define BIT(n) (UINT64_C(1) << (n))

/* Bits low..high set, both included: BIT_RANGE(7, 4) is 0xf0. */
#define BIT_RANGE(high, low) ((UINT64_MAX >> (63 - (high))) & (UINT64_MAX << (low)))

static inline uint64_t bits_get(uint64_t value, unsigned high, unsigned low)
{
    return (value & BIT_RANGE(high, low)) >> low;
}

#endif
