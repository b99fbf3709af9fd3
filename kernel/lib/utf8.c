/* See lib/utf8.h. */
#include "lib/utf8.h"

#include <stdbool.h>

#include "lib/compiler.h"

#define TAIL_MAX 3

/* Unicode 15, table 3-7: what the first byte can be, how many follow, and the limits of the second, which
 * rule out overlong forms, surrogates and numbers above U+10FFFF. */
static const struct lead {
    uint8_t first, last, tail_count, second_least, second_most;
} leads[] = {
    {0x00, 0x7f, 0, 0x00, 0x00}, {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

static const struct lead *find_lead(uint8_t byte)
{
    for (unsigned i = 0; i < ARRAY_COUNT(leads); i++)
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    return NULL;
}

static bool is_tail(uint8_t byte) { return (byte & 0xc0) == 0x80; }

uint32_t utf8_next(const char **at, const char *end)
{
    uint8_t byte = (uint8_t) * (*at)++;
    const struct lead *lead = find_lead(byte);
    uint32_t code_point;

    if (!lead)
        return UTF8_INVALID;
    if (lead->tail_count == 0)
        return byte;
    code_point = byte & (0x3fu >> lead->tail_count);
    for (unsigned i = 0; i < lead->tail_count; i++) {
        byte = *at < end ? (uint8_t) * *at : 0;
        if (!is_tail(byte) || (i == 0 && (byte < lead->second_least || byte > lead->second_most)))
            return UTF8_INVALID;
        code_point = code_point << 6 | (byte & 0x3f);
        ++*at;
    }
    return code_point;
}

size_t utf8_whole(const char *text, size_t length)
{
    for (size_t back = 1; back <= TAIL_MAX && back <= length; back++) {
        uint8_t byte = (uint8_t)text[length - back];
        const struct lead *lead = find_lead(byte);

        if (!is_tail(byte))
            return lead && lead->tail_count >= back ? length - back : length;
    }
    return length;
}
