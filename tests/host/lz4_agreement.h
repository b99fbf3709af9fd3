/*
 * lz4_decode() beside the LZ4 project's own decoder, for any block: each with a block and an output
 * of exactly their size, so that the sanitizer sees a step outside. Used by the unit test and by
 * the fuzzer.
 */
#ifndef TESTS_HOST_LZ4_AGREEMENT_H
#define TESTS_HOST_LZ4_AGREEMENT_H

#include <lz4.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/lz4.h"

/* What the library, as of 1.9, decodes to whatever the output held before. */
#define LZ4_OFFSET_0 "the offset of a match is 0"

/*
 * True when both say the same. The library may refuse what lz4_decode() takes, since it insists on
 * what the format demands of a compressor: a block's last five bytes are literals.
 */
static inline bool lz4_agrees(const uint8_t *bytes, size_t size, size_t out_bytes)
{
    uint8_t *block = malloc(size ? size : 1), *out = malloc(out_bytes ? out_bytes : 1);
    uint8_t *theirs = malloc(out_bytes ? out_bytes : 1);
    const char *problem;
    bool agrees;
    int count;

    memcpy(block, bytes, size);
    problem = lz4_decode(out, out_bytes, block, size);
    count = LZ4_decompress_safe((char *)block, (char *)theirs, (int)size, (int)out_bytes);
    if (count < 0 || (size_t)count != out_bytes)
        agrees = problem != NULL || count < 0;
    else
        agrees = problem ? strcmp(problem, LZ4_OFFSET_0) == 0 : memcmp(out, theirs, out_bytes) == 0;
    free(theirs);
    free(out);
    free(block);
    return agrees;
}

#endif
