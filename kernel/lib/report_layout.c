/* Where on the screen the parts of a report stand. See lib/report_layout.h; the rows are made by report_rows.c. */
#include "lib/report_layout.h"

/* The screen on which the report's lines, of 100 characters at most, are not scaled; at twice its width and height they are
 * twice as big. */
#define BASE_WIDTH  800
#define BASE_HEIGHT 500

#define CAUSE_SCALE_MAX 3 /* times the body's */
#define SCALE_MAX       8 /* BLITTER_SCALE_MAX */
#define CAUSE_SHARE     6 /* it may take a sixth of the height if it is that big; */
#define CAUSE_SHARE_MAX 3 /* a third in any case */

/* A QR code of version 27 with its margin has 133 modules (ISO 18004), each of which needs 3 pixels to be read easily. It may
 * take 35 % of the width, and more only if it needs to. */
#define CODE_PIXELS       (133 * 3)
#define CODE_PIXELS_LEAST 210 /* with less no report fits in */
#define CODE_PERCENT      35

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
    return value < low ? low : least(value, high);
}

static uint32_t block_height(const struct report_block *block)
{
    return block->rows * REPORT_CELL_HEIGHT * block->scale;
}

static uint32_t count_rows(struct slice text, uint32_t columns)
{
    uint32_t count = 0;

    while (text.length > 0) {
        report_break_line(&text, columns);
        count++;
    }
    return count;
}

/* As big as its share of the height allows. */
static void place_cause(struct report_block *cause, uint32_t width, uint32_t height,
                        uint32_t body_scale, struct slice text)
{
    for (cause->scale = least(CAUSE_SCALE_MAX * body_scale, SCALE_MAX);; cause->scale--) {
        uint32_t share = cause->scale > body_scale + 1 ? CAUSE_SHARE : CAUSE_SHARE_MAX;

        cause->columns = width / (REPORT_CELL_WIDTH * cause->scale);
        cause->rows = count_rows(text, cause->columns);
        if (block_height(cause) <= height / share)
            return;
        if (cause->scale == 1)
            break;
    }
    cause->rows = height / CAUSE_SHARE_MAX / REPORT_CELL_HEIGHT; /* the rest is cut */
}

/* The side of the QR code's square, on a screen of this width, in what is left of its height. */
static uint32_t code_side(uint32_t width, uint32_t height)
{
    uint32_t side = width * CODE_PERCENT / 100;

    if (side < CODE_PIXELS)
        side = least(CODE_PIXELS, width / 2);
    side = least(side, height);
    return side < CODE_PIXELS_LEAST ? 0 : side;
}

void report_layout_make(struct report_layout *layout, uint32_t width, uint32_t height,
                        struct slice cause)
{
    uint32_t scale = clamp(least(width / BASE_WIDTH, height / BASE_HEIGHT), 1, SCALE_MAX);
    uint32_t gap = REPORT_CELL_WIDTH * scale, inner = width - 2 * gap;
    struct report_block *body = &layout->body;

    layout->cause = (struct report_block){.x = gap, .y = gap};
    place_cause(&layout->cause, inner, height, scale, cause);
    *body = (struct report_block){
        .x = gap, .y = 2 * gap + block_height(&layout->cause), .scale = scale};
    height -= body->y + gap;
    layout->code_pixels = code_side(width, height);
    layout->code_x = gap + inner - layout->code_pixels;
    layout->code_y = body->y;
    if (layout->code_pixels > 0)
        inner -= layout->code_pixels + gap;
    body->columns = inner / (REPORT_CELL_WIDTH * scale);
    body->rows = height / (REPORT_CELL_HEIGHT * scale);
}
