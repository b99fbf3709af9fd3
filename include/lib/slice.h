/* A piece of somebody else's text, not NUL-terminated. */
#ifndef LIB_SLICE_H
#define LIB_SLICE_H

#include <stdbool.h>
#include <stddef.h>

struct slice {
    const char *text;
    size_t length;
};

static inline char char_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

bool slice_is(struct slice slice, const char *text);

/* The same, whatever the case of ASCII letters: file names of a FAT volume (UEFI 2.10, 13.3). */
bool slice_is_name(struct slice slice, const char *name);

/*
 * Cuts the part before the first `separator` off *rest, which then begins behind it. Without a
 * separator the part is all there is, *rest becomes empty, and the result is false.
 */
bool slice_split(struct slice *part, struct slice *rest, char separator);

#endif
