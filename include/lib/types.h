/* Scalars whose meaning is not their width. Physical and virtual addresses are never assigned to
 * one another. */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t; /* physical address */
typedef uint64_t vaddr_t; /* virtual address, when it is arithmetic and not a pointer */

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

#define PAGE_SIZE UINT64_C(4096)

#endif
