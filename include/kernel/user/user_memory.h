/* Memory of the program that this CPU runs, as its system calls name it. */
#ifndef KERNEL_USER_MEMORY_H
#define KERNEL_USER_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/user.h"
#include "kernel/address_map.h"

/* Whether a range lies in the user half, without wrapping. */
static inline bool user_range_is_valid(uint64_t address, uint64_t bytes)
{
    return bytes <= USER_END && address <= USER_END - bytes;
}

/* All of it is copied, or the answer is false: an address that the program may not use. A part may have been copied then.
 * In system calls. */
static inline bool user_read(void *to, uint64_t from, size_t bytes)
{
    return user_range_is_valid(from, bytes) && arch_user_copy(to, (const void *)from, bytes) == 0;
}

static inline bool user_write(uint64_t to, const void *from, size_t bytes)
{
    return user_range_is_valid(to, bytes) && arch_user_copy((void *)to, from, bytes) == 0;
}

#endif
