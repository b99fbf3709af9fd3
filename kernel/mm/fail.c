/* See kernel/mm/fail.h. */
#include "kernel/mm/fail.h"

#include "kernel/log.h"

_Atomic uint32_t memory_allocations_until_failure;

bool memory_count_down(void)
{
    if (memory_allocations_until_failure == 0 || --memory_allocations_until_failure > 0)
        return false;
    log_warn("memory: an allocation fails because it was asked to");
    return true;
}
