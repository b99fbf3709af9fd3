/* See report_view.h. The layout is made once; each page is drawn anew, from the report's text. */
#include "report_view.h"

#include "arch/cpu.h"
#include "kernel/time/clock.h"
#include "lib/format.h"
#include "lib/types.h"
#include "lib/utf8.h"
#include "log/screen.h"
#include "report_text.h"

#define PAGE_NS        (10 * NS_PER_SECOND)
#define COLOR_BLACK    0x000000
#define COLOR_HEADLINE 0xff5555

static struct slice report;
static struct screen_canvas canvas;
static struct report_layout layout;
static struct blitter cause_blitter, body_blitter;
static struct blitter_ink text_ink, label_ink, headline_ink;
static uint32_t page_count, page_rows;
static bool is_shown;

/* Where a block's first cell is. */
static uint32_t *block_pixels(const struct report_block *block)
{
    return canvas.pixels + (uint64_t)block->y * canvas.blitter->framebuffer.pitch_pixels + block->x;
}

/* In a row of a block, from a column on, up to its last. Returns the column behind the text. */
static uint32_t put(const struct blitter *blitter, const struct report_block *block,
                    uint32_t column, uint32_t row, struct slice text, const struct blitter_ink *ink)
{
    const char *at = text.text, *end = at + text.length;

    while (at < end && column < block->columns)
        blitter_draw(blitter, block_pixels(block), column++, row, screen_glyph(utf8_next(&at, end)),
                     ink);
    return column;
}

static void put_blanks(uint32_t column, uint32_t end, uint32_t row)
{
    while (column < end)
        column = put(&body_blitter, &layout.body, column, row, (struct slice){" ", 1}, &text_ink);
}

/* Over whatever the row showed before. */
static void put_row(uint32_t row, const struct report_row *content)
{
    const struct report_block *body = &layout.body;
    struct slice label = {content->text.text, content->label_columns}, text = content->text;
    uint32_t column = content->indent;

    put_blanks(0, column, row);
    column = put(&body_blitter, body, column, row, label, &label_ink);
    text.text += label.length;
    text.length -= label.length;
    column = put(&body_blitter, body, column, row, text,
                 content->is_headline ? &headline_ink : &text_ink);
    put_blanks(column, body->columns, row);
}

static void put_page_number(uint32_t number)
{
    char text[64];
    size_t length = format(text, sizeof(text), "page %u of %u", number + 1, page_count);

    put_blanks(
        put(&body_blitter, &layout.body, 0, page_rows, (struct slice){text, length}, &label_ink),
        layout.body.columns, page_rows);
}

static void draw_page(uint32_t number)
{
    struct report_rows rows;
    struct report_row row;

    report_rows_begin(&rows, report, layout.body.columns);
    for (uint32_t i = 0; i < number * page_rows; i++)
        report_rows_next(&rows, &row);
    for (uint32_t i = 0; i < page_rows; i++) {
        report_rows_next(&rows, &row);
        put_row(i, &row);
    }
    if (page_count > 1)
        put_page_number(number);
}

static void draw_cause(struct slice cause)
{
    for (uint32_t row = 0; row < layout.cause.rows; row++)
        put(&cause_blitter, &layout.cause, 0, row, report_break_line(&cause, layout.cause.columns),
            &text_ink);
}

/* In the middle of the QR code's place, so that the code covers it. */
static void draw_no_code(void)
{
    static const struct slice text = {"no QR code", 10};
    struct report_block block = {.scale = layout.body.scale, .columns = 10, .rows = 1};

    block.x = layout.code_x + (layout.code_pixels - 10 * REPORT_CELL_WIDTH * block.scale) / 2;
    block.y = layout.code_y + layout.code_pixels / 2;
    if (layout.code_pixels > 0)
        put(&body_blitter, &block, 0, 0, text, &label_ink);
}

static void make_layout(struct slice cause)
{
    const struct blitter *blitter = canvas.blitter;

    report_layout_make(&layout, blitter->framebuffer.width, canvas.height, cause);
    blitter_init_scale(&cause_blitter, &blitter->font, &blitter->framebuffer, layout.cause.scale);
    blitter_init_scale(&body_blitter, &blitter->font, &blitter->framebuffer, layout.body.scale);
    blitter_mix(blitter, &text_ink, LOG_COLOR_TEXT, COLOR_BLACK);
    blitter_mix(blitter, &label_ink, LOG_COLOR_DIM, COLOR_BLACK);
    blitter_mix(blitter, &headline_ink, COLOR_HEADLINE, COLOR_BLACK);
    page_rows = layout.body.rows;
    page_count = report_page_count(report, layout.body.columns, page_rows);
    if (page_count > 1) /* the last row is for the number */
        page_count = report_page_count(report, layout.body.columns, --page_rows);
}

void report_view_show(void)
{
    struct slice cause;

    report = report_text();
    cause = report_cause_text(report);
    if (!log_sink_works(&screen_sink) || !screen_take(&canvas))
        return;
    make_layout(cause);
    draw_cause(cause);
    draw_page(0);
    draw_no_code();
    is_shown = true;
}

void report_view_turn_pages(void)
{
    uint64_t turned_ns = clock_now_ns();

    if (!is_shown || page_count == 1 || !clock_is_known())
        return;
    for (uint32_t number = 1;; number++, turned_ns += PAGE_NS) {
        while (clock_now_ns() - turned_ns < PAGE_NS)
            arch_cpu_relax();
        draw_page(number % page_count);
        screen_draw_status(); /* the machine is alive */
    }
}

void report_view_draw_status(void)
{
    if (is_shown)
        screen_draw_status();
}

uint32_t report_view_code_pixels(void) { return is_shown ? layout.code_pixels : 0; }

void report_view_draw_code(unsigned side, unsigned margin, bool (*is_dark)(unsigned x, unsigned y))
{
    const struct framebuffer *framebuffer = &canvas.blitter->framebuffer;
    uint32_t module = layout.code_pixels / (side + 2 * margin);
    uint32_t pixels = module * (side + 2 * margin);
    uint32_t left = layout.code_x + layout.code_pixels - pixels;
    uint32_t x0 = left + margin * module, y0 = layout.code_y + margin * module;
    uint32_t light = framebuffer_pixel(framebuffer, LOG_COLOR_TEXT);

    blitter_fill(canvas.blitter, canvas.pixels, left, layout.code_y, pixels, pixels, light);
    for (unsigned y = 0; y < side; y++)
        for (unsigned x = 0; x < side; x++)
            if (is_dark(x, y))
                blitter_fill(canvas.blitter, canvas.pixels, x0 + x * module, y0 + y * module,
                             module, module, 0);
}
