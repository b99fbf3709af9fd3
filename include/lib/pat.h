/*
 * The page attribute table: what the bits PCD and PWT of a page-table entry select. Entry 1 is
 * write-combining, all others are as after a reset, so that PWT alone means write-combining at every
 * page size and no leaf ever needs the PAT bit. Source: Intel SDM vol. 3A, 11.12.
 */
#ifndef LIB_PAT_H
#define LIB_PAT_H

#include <stdint.h>

/* Memory types as IA32_PAT encodes them (SDM vol. 3A, table 11-10). */
enum pat_type {
    PAT_UNCACHED = 0,
    PAT_WRITE_COMBINING = 1,
    PAT_WRITE_THROUGH = 4,
    PAT_WRITE_PROTECTED = 5,
    PAT_WRITE_BACK = 6,
    PAT_UNCACHED_MINUS = 7, /* a range register may make it write-combining */
};

/* Of IA32_PAT after a reset (SDM vol. 3A, table 11-12). */
#define PAT_AT_RESET UINT64_C(0x0007040600070406)

/* The same value with entry `number` (0 to 7) of another type. */
uint64_t pat_set(uint64_t value, unsigned number, enum pat_type type);

/* What every CPU's IA32_PAT is given. */
uint64_t pat_value(void);

#endif
