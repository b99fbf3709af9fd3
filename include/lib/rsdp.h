/*
 * The ACPI root pointer, checked. Pure parser: bytes in. Source: ACPI 6.5, 5.2.5.3.
 * Revision 0 (ACPI 1.0) is 20 bytes with one checksum; from revision 2 on there are 36 with a second one over all.
 */
#ifndef LIB_RSDP_H
#define LIB_RSDP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/types.h"

#define RSDP_V1_BYTES 20
#define RSDP_V2_BYTES 36

struct rsdp {
    unsigned revision;
    paddr_t rsdt;   /* 0 when absent */
    paddr_t xsdt;   /* 0 for revision 0, or when absent: then the RSDT counts */
    char oem_id[7]; /* unprintable characters shown as `?`, trailing blanks cut */
};

/*
 * `size_bytes` is how many bytes may be read (at least RSDP_V1_BYTES for any success). NULL on success; else a plain
 * constant sentence ("the first checksum is wrong", ...), with *out zeroed.
 */
const char *rsdp_read(struct rsdp *out, const void *bytes, size_t size_bytes);

#endif
