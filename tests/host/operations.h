/* How many random operations a property test does: 1 million, or what HOST_OPERATIONS says
 * (`make test-full` says 10 million). */
#ifndef TESTS_HOST_OPERATIONS_H
#define TESTS_HOST_OPERATIONS_H

#include <stdint.h>
#include <stdlib.h>

static inline uint64_t host_operations(void)
{
    const char *wanted = getenv("HOST_OPERATIONS");

    return wanted ? strtoull(wanted, NULL, 10) : 1000000;
}

#endif
