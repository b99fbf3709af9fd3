/* See lib/slice.h. */
#include "lib/slice.h"

#include "lib/string.h"

bool slice_is(struct slice slice, const char *text)
{
    return slice.length == strlen(text) && memcmp(slice.text, text, slice.length) == 0;
}

bool slice_is_name(struct slice slice, const char *name)
{
    if (slice.length != strlen(name))
        return false;
    for (size_t i = 0; i < slice.length; i++)
        if (char_lower(slice.text[i]) != char_lower(name[i]))
            return false;
    return true;
}

bool slice_split(struct slice *part, struct slice *rest, char separator)
{
    *part = *rest;
    for (size_t i = 0; i < rest->length; i++) {
        if (rest->text[i] != separator)
            continue;
        part->length = i;
        *rest = (struct slice){rest->text + i + 1, rest->length - i - 1};
        return true;
    }
    *rest = (struct slice){rest->text + rest->length, 0};
    return false;
}
