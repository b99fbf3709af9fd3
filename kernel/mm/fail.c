/* See kernel/mm/fail.h. */
#include "kernel/mm/fail.h"

_Atomic uint32_t memory_allocations_until_failure;
