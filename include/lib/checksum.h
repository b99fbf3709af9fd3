/* Tells damage from health; not meant against an attacker. */
#ifndef LIB_CHECKSUM_H
#define LIB_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * FNV-1a (Fowler, Noll, Vo; 64-bit offset basis and prime) over little-endian 64-bit words instead
 * of bytes, the last one filled up with zeros, then over the length: four instructions for eight
 * bytes. Any alignment, any context.
 */
uint64_t checksum64(const void *bytes, size_t size);

#endif
