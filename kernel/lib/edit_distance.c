/*
 * Levenshtein's distance, row by row (Wagner and Fischer): only the row above is needed for the
 * next one.
 */
#include "lib/edit_distance.h"

static char lower_case(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    /* row[j]: how far what was read of a is from the first j characters of b. */
    size_t row[EDIT_NAME_MAX + 1];

    if (a_length > EDIT_NAME_MAX || b_length > EDIT_NAME_MAX)
        return EDIT_NAME_MAX + 1;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = diagonal + (lower_case(a[i - 1]) != lower_case(b[j - 1]));

            diagonal = row[j];
            row[j] = least(replaced, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[b_length];
}
