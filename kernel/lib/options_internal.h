/* Between the table of options (options.c) and the parser that uses it (options_parse.c). */
#ifndef KERNEL_LIB_OPTIONS_INTERNAL_H
#define KERNEL_LIB_OPTIONS_INTERNAL_H

#include "lib/options.h"
#include "lib/slice.h"

/* One option. `set` returns false when the value makes no sense, and then has changed nothing. */
struct option_row {
    const char *name;
    bool (*set)(struct options *options, struct slice value);
    const char *values;  /* completes "the value must be ..." */
    const char *implied; /* the value of the name alone; NULL: it must be given */
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

#endif
