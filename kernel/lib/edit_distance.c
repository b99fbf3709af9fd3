/*
 * Distance by rows (Wagner and Fischer), with swapped neighbours as one mistake (optimal string
 * alignment): row i needs the two rows before it.
 */
#include "lib/edit_distance.h"

#include "lib/string.h"

static bool same(char a, char b) { return char_lower(a) == char_lower(b); }

static size_t lesser(size_t a, size_t b) { return a < b ? a : b; }

size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    /* rows[i % 3][j]: how far the first i characters of a are from the first j of b. */
    size_t rows[3][EDIT_NAME_MAX + 1];

    if (a_length > EDIT_NAME_MAX || b_length > EDIT_NAME_MAX)
        return EDIT_NAME_MAX + 1;
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = above[j - 1] + !same(a[i - 1], b[j - 1]);
            row[j] = lesser(row[j], lesser(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = lesser(row[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

struct nearest nearest_begin(struct slice wanted)
{
    return (struct nearest){.wanted = wanted, .distance = wanted.length / 3 + 1};
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    size_t distance =
        edit_distance(nearest->wanted.text, nearest->wanted.length, name, strlen(name));

    if (distance >= nearest->distance)
        return;
    nearest->name = name;
    nearest->distance = distance;
}
