/* See lib/checksum.h; scripts/embed-kernel computes the same. */
#include "lib/checksum.h"

#include "lib/string.h"

#define FNV_OFFSET_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME        UINT64_C(0x00000100000001b3)

uint64_t checksum64(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t sum = FNV_OFFSET_BASIS, word;
    size_t left = size;

    for (; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
        __builtin_memcpy(&word, at, sizeof(word));
        sum = (sum ^ word) * FNV_PRIME;
    }
    word = 0;
    memcpy(&word, at, left);
    sum = (sum ^ word) * FNV_PRIME;
    return (sum ^ size) * FNV_PRIME;
}
