/*
 * Text on a linear framebuffer. What should be seen is kept in RAM as cells; drawing compares them
 * with what is shown and writes only the pixels of cells that differ. The framebuffer is never
 * read: on real machines that takes a microsecond a word.
 *
 * The rows of the log form a ring, so that scrolling moves no cell; it only changes which row is on
 * top. Below them the last row of the screen shows the status.
 */
#include "screen.h"

#include "kernel/status_row.h"
#include "lib/blitter.h"
#include "lib/compiler.h"
#include "lib/utf8.h"

#define COLUMNS_MAX     256
#define ROWS_MAX        128 /* so that 2560 pixels and more are scaled: text stays readable */
#define COLORS_MAX      16
#define TAB_COLUMNS     8
#define CACHED_GLYPHS   256
#define COLOR_BLACK     0x000000
#define COLOR_BAR       0x303030 /* behind the status */
#define NO_GLYPH_AT_ALL 0

extern const uint8_t screen_font[], screen_font_end[];

/* Glyph number and colour number of a character cell. */
typedef uint32_t cell_t;
#define CELL(glyph, color) ((cell_t)(glyph) | (cell_t)(color) << 24)
#define CELL_GLYPH(cell)   ((cell)&0xffffff)
#define CELL_COLOR(cell)   ((cell) >> 24)

static struct blitter blitter;
static uint32_t *pixels; /* NULL: not mapped at the moment, what is put is drawn later */
static bool ready;
static uint32_t columns, log_rows, status_row;
static cell_t wanted[ROWS_MAX][COLUMNS_MAX], shown[ROWS_MAX][COLUMNS_MAX];
static bool dirty[ROWS_MAX];
static uint32_t top_row; /* the row of `wanted` that is seen at the top */
static uint32_t cursor_column, cursor_row;
static bool line_ended; /* the next line begins with the next text, so that no row stays empty */
static uint64_t bytes_written, drawing_count;

static struct {
    uint32_t rgb, background;
    struct blitter_ink ink;
} colors[COLORS_MAX];
static uint32_t color_count;

/* Glyphs that were looked for before: the font's own table is searched from its start. */
static struct cached_glyph {
    uint32_t code_point, glyph;
} glyphs[CACHED_GLYPHS];

/* The number of a pair of colours, mixed on first use. More than COLORS_MAX different ones end up as
 * the last. */
static uint32_t color_number(uint32_t rgb, uint32_t background)
{
    uint32_t number;

    for (number = 0; number < color_count; number++)
        if (colors[number].rgb == rgb && colors[number].background == background)
            return number;
    if (number == COLORS_MAX)
        return COLORS_MAX - 1;
    colors[number].rgb = rgb;
    colors[number].background = background;
    blitter_mix(&blitter, &colors[number].ink, rgb, background);
    color_count++;
    return number;
}

/* What the font lacks looks like U+FFFD; what it lacks too, like a question mark. */
static uint32_t find_glyph(uint32_t code_point)
{
    const uint32_t candidates[] = {code_point, UTF8_REPLACEMENT, '?'};

    for (unsigned i = 0; i < ARRAY_COUNT(candidates); i++) {
        int32_t found = psf_glyph_index(&blitter.font, candidates[i]);

        if (found >= 0)
            return (uint32_t)found;
    }
    return NO_GLYPH_AT_ALL;
}

/* An empty place holds what stands for broken text. */
static void forget_glyphs(void)
{
    struct cached_glyph empty = {UTF8_INVALID, find_glyph(UTF8_REPLACEMENT)};

    for (unsigned i = 0; i < CACHED_GLYPHS; i++)
        glyphs[i] = empty;
}

uint32_t screen_glyph(uint32_t code_point)
{
    uint32_t slot = code_point % CACHED_GLYPHS;

    if (glyphs[slot].code_point != code_point) {
        glyphs[slot].glyph = find_glyph(code_point);
        glyphs[slot].code_point = code_point;
    }
    return glyphs[slot].glyph;
}

static cell_t *log_row(uint32_t row) { return wanted[(top_row + row) % log_rows]; }

static void fill(cell_t *cells, uint32_t from, cell_t cell)
{
    for (uint32_t column = from; column < columns; column++)
        cells[column] = cell;
}

static void blank_row(cell_t *cells)
{
    fill(cells, 0, CELL(screen_glyph(' '), color_number(LOG_COLOR_TEXT, COLOR_BLACK)));
}

static void new_line(void)
{
    cursor_column = 0;
    if (cursor_row + 1 < log_rows) {
        cursor_row++;
        return;
    }
    top_row = (top_row + 1) % log_rows;
    blank_row(log_row(cursor_row));
    for (uint32_t row = 0; row < log_rows; row++)
        dirty[row] = true;
}

static void put_cell(uint32_t code_point, uint32_t color)
{
    if (line_ended || cursor_column == columns)
        new_line();
    line_ended = false;
    dirty[cursor_row] = true;
    log_row(cursor_row)[cursor_column++] = CELL(screen_glyph(code_point), color);
}

static void screen_put(uint32_t rgb, const char *text, size_t length)
{
    const char *end = text + length;
    uint32_t color;

    if (!ready)
        return;
    color = color_number(rgb, COLOR_BLACK);
    while (text < end) {
        uint32_t code_point = utf8_next(&text, end);

        if (code_point != '\t') {
            put_cell(code_point, color);
            continue;
        }
        do
            put_cell(' ', color);
        while (cursor_column % TAB_COLUMNS != 0);
    }
}

static void screen_end_line(void)
{
    if (line_ended)
        new_line(); /* an empty one */
    line_ended = ready;
}

/* What does not fit is cut: it is not part of the log. */
static void put_status(void)
{
    char text[STATUS_ROW_MAX];
    const char *at = text, *end = text + status_row_text(text, sizeof(text));
    uint32_t color = color_number(LOG_COLOR_TEXT, COLOR_BAR), column = 0;

    while (at < end && column < columns)
        wanted[status_row][column++] = CELL(screen_glyph(utf8_next(&at, end)), color);
    fill(wanted[status_row], column, CELL(screen_glyph(' '), color));
    dirty[status_row] = true;
}

static void draw_row(uint32_t row, const cell_t *cells)
{
    for (uint32_t column = 0; column < columns; column++) {
        cell_t cell = cells[column];

        if (cell == shown[row][column])
            continue;
        blitter_draw(&blitter, pixels, column, row, CELL_GLYPH(cell),
                     &colors[CELL_COLOR(cell)].ink);
        bytes_written += blitter.cell_bytes;
        compiler_barrier(); /* a report that comes in between draws the cell again */
        shown[row][column] = cell;
    }
}

static void screen_flush(void)
{
    if (!ready || !pixels)
        return;
    if (status_row_changed())
        put_status();
    for (uint32_t row = 0; row <= status_row; row++) {
        if (!dirty[row])
            continue;
        draw_row(row, row == status_row ? wanted[row] : log_row(row));
        dirty[row] = false;
    }
    drawing_count++;
}

bool screen_init(const struct framebuffer *framebuffer, void *at)
{
    struct psf_font font;

    if (framebuffer_check(framebuffer) ||
        psf_read(&font, screen_font, (size_t)(screen_font_end - screen_font)) ||
        !blitter_init(&blitter, &font, framebuffer, COLUMNS_MAX, ROWS_MAX))
        return false;
    columns = blitter.columns;
    log_rows = status_row = blitter.rows - 1;
    pixels = at;
    color_count = 0;
    forget_glyphs();
    ready = true;
    screen_clear();
    return true;
}

void screen_clear(void)
{
    if (!ready || !pixels)
        return;
    blitter_clear(&blitter, pixels);
    for (uint32_t row = 0; row <= status_row; row++) {
        blank_row(wanted[row]);
        blank_row(shown[row]);
        dirty[row] = false;
    }
    top_row = cursor_row = cursor_column = 0;
    line_ended = false;
    put_status();
}

bool screen_take(struct screen_canvas *canvas)
{
    if (!ready || !pixels)
        return false;
    screen_clear();
    screen_flush();
    ready = false;
    *canvas =
        (struct screen_canvas){&blitter, pixels, status_row * blitter.font.height * blitter.scale};
    return true;
}

void screen_draw_status(void)
{
    put_status();
    draw_row(status_row, wanted[status_row]);
}

uint64_t screen_bytes_written(void) { return bytes_written; }

uint64_t screen_drawing_count(void) { return drawing_count; }

void screen_move(void *at)
{
    pixels = at;
    screen_flush();
}

const struct log_sink screen_sink = {
    .put = screen_put, .end_line = screen_end_line, .flush = screen_flush};
