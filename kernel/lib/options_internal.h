/* Between the table of options (options.c), the parser that uses it (options_parse.c), and what both call a word. */
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

/* --- options_words.c --- */

/* The text behind a byte order mark (EF BB BF): editors on Windows put one in front, and the file may well come from there. */
struct slice options_text(const char *text, size_t length);

/* Cuts the next word off *rest, and what is none before it; false when there is none left. */
bool options_next_word(struct slice *rest, struct slice *word);

#endif
