/* See lib/pat.h: eight entries of eight bits, of which three count. */
#include "lib/pat.h"

uint64_t pat_set(uint64_t value, unsigned number, enum pat_type type)
{
    return (value & ~(UINT64_C(0xff) << 8 * number)) | (uint64_t)type << 8 * number;
}

uint64_t pat_value(void) { return pat_set(PAT_AT_RESET, 1, PAT_WRITE_COMBINING); }
