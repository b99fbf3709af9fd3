/*
 * How a fault report is laid out on a screen, to be read from a chair: its cause first and biggest, below it on the left the
 * other lines in pages, on the right room for a QR code. Pure: numbers and text in, places and rows out.
 *
 * All places are pixels from the upper left corner. Text is scaled by whole numbers, and nothing reaches over the edges of
 * what the layout was made for, however small.
 */
#ifndef LIB_REPORT_LAYOUT_H
#define LIB_REPORT_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/slice.h"

/* Text in cells of REPORT_CELL_WIDTH * scale x REPORT_CELL_HEIGHT * scale pixels. */
#define REPORT_CELL_WIDTH  8
#define REPORT_CELL_HEIGHT 16
struct report_block {
    uint32_t x, y;
    uint32_t scale;
    uint32_t columns, rows;
};

struct report_layout {
    struct report_block cause, body;
    uint32_t code_x, code_y; /* of a square */
    uint32_t code_pixels;    /* its side; 0: the screen is too small for it */
};

/* For a screen of so many pixels, at least 320x100, and the report's cause (report_cause_text()). */
void report_layout_make(struct report_layout *layout, uint32_t width, uint32_t height,
                        struct slice cause);

/* A row of a block: `indent` empty cells, then the text, whose first `label_columns` are a label. */
struct report_row {
    struct slice text;
    uint32_t indent, label_columns;
    bool is_headline; /* "*** ..." */
};

/* A walk over the rows that a report has in a block, or any other text; long lines are broken, where there are blanks. */
struct report_rows {
    struct slice report; /* the lines that follow */
    struct slice line;   /* what is left of the one that was begun */
    uint32_t columns;
    uint32_t indent; /* of what is left */
};

/* Begins with a report; its cause's line is left out. At least 20 columns. */
void report_rows_begin(struct report_rows *rows, struct slice report, uint32_t columns);

/* False when there is none left. */
bool report_rows_next(struct report_rows *rows, struct report_row *row);

/* Cuts off what fits in `columns` of the line's beginning, at blanks if it has any, and the blanks behind it. */
struct slice report_break_line(struct slice *line, uint32_t columns);

/* The sentence behind the label "cause"; empty when the report has none. */
struct slice report_cause_text(struct slice report);

/* How many pages of `rows` rows the report makes in `columns`, at least 1. */
uint32_t report_page_count(struct slice report, uint32_t columns, uint32_t rows);

#endif
