/* UTF-8 (RFC 3629), strictly: overlong forms, surrogates and what lies above U+10FFFF are not text. */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID     UINT32_MAX
#define UTF8_REPLACEMENT 0xfffd /* what is shown in place of what cannot be */

/*
 * The code point at *at, which must be below `end`, and moves *at behind it. UTF8_INVALID for bytes that
 * are none; then *at moves over the longest beginning of a character, at least one byte, as Unicode 15,
 * 3.9 recommends, so that each broken character counts once. Any context.
 */
uint32_t utf8_next(const char **at, const char *end);

/* The largest number of bytes, at most `length`, that does not end in the middle of a character. Any
 * context. */
size_t utf8_whole(const char *text, size_t length);

#endif
