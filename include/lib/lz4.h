/* The LZ4 block format, decoding only. Source: "LZ4 Block Format Description" (lz4_Block_format.md of the LZ4 project). */
#ifndef LIB_LZ4_H
#define LIB_LZ4_H

#include <stddef.h>

/*
 * Decodes one block, without a frame around it, to exactly out_bytes bytes. NULL on success; else a plain constant
 * sentence that names what is wrong with the block ("a match reaches before the start of the output"), and what `out`
 * then holds is undefined. Never reads outside the block or writes outside `out`, whatever the block holds; the two
 * must not overlap. Pure, no allocation, any context.
 */
const char *lz4_decode(void *out, size_t out_bytes, const void *block, size_t block_bytes);

#endif
