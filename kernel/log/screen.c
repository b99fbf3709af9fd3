/*
 * Text on a linear framebuffer. What should be seen is kept in RAM as cells; drawing compares them
 * with what is shown and writes only the pixels of cells that differ. The framebuffer is never
 * read: on real machines that takes a microsecond a word.
 *
 * The rows form a ring, so that scrolling moves no cell; it only changes which row is on top.
 */
#include "screen.h"

#include "lib/psf.h"
#include "lib/string.h"

#define COLUMNS_MAX    256
#define ROWS_MAX       128
#define COLORS_MAX     16
#define GLYPH_SIZE_MAX 64 /* pixels, after scaling */
#define TAB_COLUMNS    8
#define ASCII_COUNT    128

extern const uint8_t screen_font[], screen_font_end[];

/* Glyph number and colour number of a character cell. */
typedef uint32_t cell_t;
#define CELL(glyph, color) ((cell_t)(glyph) | (cell_t)(color) << 24)

static struct framebuffer screen;
static uint32_t *pixels; /* NULL: not mapped at the moment, what is put is drawn later */
static bool ready;
static struct psf_font font;
static uint32_t scale, columns, rows;
static cell_t wanted[ROWS_MAX][COLUMNS_MAX], shown[ROWS_MAX][COLUMNS_MAX];
static bool dirty[ROWS_MAX];
static uint32_t top_row; /* the row of `wanted` that is seen at the top */
static uint32_t cursor_column, cursor_row;
static uint64_t bytes_written;

static struct {
    uint32_t rgb, pixel;
    uint64_t pairs[4]; /* two pixels for each pair of bits of a glyph row, the left one in the low
                          half */
} colors[COLORS_MAX];
static uint32_t color_count, background;
static int32_t ascii_glyphs[ASCII_COUNT];

static void forget_colors(void)
{
    color_count = 0;
    background = framebuffer_pixel(&screen, 0);
}

/* The number of a colour, made on first use. More than COLORS_MAX different ones end up as the
 * last. */
static uint32_t color_number(uint32_t rgb)
{
    uint32_t number;

    for (number = 0; number < color_count; number++)
        if (colors[number].rgb == rgb)
            return number;
    if (number == COLORS_MAX)
        return COLORS_MAX - 1;
    colors[number].rgb = rgb;
    colors[number].pixel = framebuffer_pixel(&screen, rgb);
    for (unsigned bits = 0; bits < 4; bits++) {
        uint32_t left = bits & 2 ? colors[number].pixel : background,
                 right = bits & 1 ? colors[number].pixel : background;

        colors[number].pairs[bits] = (uint64_t)right << 32 | left;
    }
    color_count++;
    return number;
}

static uint32_t glyph_for(uint8_t character)
{
    uint8_t index = character < ASCII_COUNT ? character : '?';

    if (ascii_glyphs[index] < 0) {
        int32_t found = psf_glyph_index(&font, index);

        ascii_glyphs[index] = found >= 0 ? found : psf_glyph_index(&font, '?');
        if (ascii_glyphs[index] < 0)
            ascii_glyphs[index] = 0;
    }
    return (uint32_t)ascii_glyphs[index];
}

static void store_pair(uint32_t *at, uint64_t pair) { __builtin_memcpy(at, &pair, sizeof(pair)); }

/* The common case: 8 pixels wide and not scaled; four 8-byte stores a row. */
static void draw_narrow(const uint8_t *bitmap, const uint64_t *pairs, uint32_t *at)
{
    for (uint32_t row = 0; row < font.height; row++, at += screen.pitch_pixels) {
        uint8_t bits = bitmap[row];

        store_pair(at, pairs[bits >> 6]);
        store_pair(at + 2, pairs[bits >> 4 & 3]);
        store_pair(at + 4, pairs[bits >> 2 & 3]);
        store_pair(at + 6, pairs[bits & 3]);
    }
}

static void draw_scaled(const uint8_t *bitmap, uint32_t pixel, uint32_t *at)
{
    uint32_t line[GLYPH_SIZE_MAX];

    for (uint32_t row = 0; row < font.height; row++) {
        for (uint32_t x = 0; x < font.width * scale; x++) {
            uint32_t column = x / scale;

            line[x] = bitmap[row * font.row_bytes + column / 8] & (0x80 >> column % 8) ? pixel
                                                                                       : background;
        }
        for (uint32_t copy = 0; copy < scale; copy++, at += screen.pitch_pixels)
            memcpy(at, line, font.width * scale * sizeof(*line));
    }
}

static void draw_cell(uint32_t row, uint32_t column, cell_t cell)
{
    const uint8_t *bitmap = psf_glyph(&font, cell & 0xffffff);
    uint32_t *at = pixels + (uint64_t)row * font.height * scale * screen.pitch_pixels +
                   column * font.width * scale;

    bytes_written += (uint64_t)font.width * font.height * scale * scale * sizeof(*pixels);
    if (scale == 1 && font.width == 8)
        draw_narrow(bitmap, colors[cell >> 24].pairs, at);
    else
        draw_scaled(bitmap, colors[cell >> 24].pixel, at);
}

static void screen_flush(void)
{
    if (!pixels)
        return;
    for (uint32_t row = 0; row < rows; row++) {
        const cell_t *cells = wanted[(top_row + row) % rows];

        if (!dirty[row])
            continue;
        dirty[row] = false;
        for (uint32_t column = 0; column < columns; column++)
            if (cells[column] != shown[row][column])
                draw_cell(row, column, shown[row][column] = cells[column]);
    }
}

static void blank_row(cell_t *cells)
{
    cell_t blank = CELL(glyph_for(' '), color_number(LOG_COLOR_TEXT));

    for (uint32_t column = 0; column < columns; column++)
        cells[column] = blank;
}

static void new_line(void)
{
    cursor_column = 0;
    if (cursor_row + 1 < rows) {
        cursor_row++;
        return;
    }
    top_row = (top_row + 1) % rows;
    blank_row(wanted[(top_row + cursor_row) % rows]);
    for (uint32_t row = 0; row < rows; row++)
        dirty[row] = true;
}

static void put_cell(uint8_t character, uint32_t color)
{
    if (cursor_column == columns)
        new_line();
    dirty[cursor_row] = true;
    wanted[(top_row + cursor_row) % rows][cursor_column++] = CELL(glyph_for(character), color);
}

static void screen_put(uint32_t rgb, const char *text, size_t length)
{
    uint32_t color;

    if (!ready)
        return;
    color = color_number(rgb);
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\t') {
            put_cell((uint8_t)text[i], color);
            continue;
        }
        do
            put_cell(' ', color);
        while (cursor_column % TAB_COLUMNS != 0);
    }
}

static void screen_end_line(void)
{
    if (ready)
        new_line();
}

/* Black is 0 in every pixel format. */
static void clear(void)
{
    for (uint32_t y = 0; y < screen.height; y++)
        memset(pixels + (uint64_t)y * screen.pitch_pixels, 0, screen.width * sizeof(*pixels));
}

/* Text stays readable from a chair: at most 256 columns and 128 rows, so 2560 pixels and more are
 * scaled. */
static void choose_scale(void)
{
    for (scale = 1; screen.width / (font.width * scale) > COLUMNS_MAX ||
                    screen.height / (font.height * scale) > ROWS_MAX;)
        scale++;
    columns = screen.width / (font.width * scale);
    rows = screen.height / (font.height * scale);
}

bool screen_init(const struct framebuffer *framebuffer, void *at)
{
    if (framebuffer_check(framebuffer) ||
        psf_read(&font, screen_font, (size_t)(screen_font_end - screen_font)))
        return false;
    screen = *framebuffer;
    choose_scale();
    if (font.width * scale > GLYPH_SIZE_MAX)
        return false;
    pixels = at;
    for (unsigned i = 0; i < ASCII_COUNT; i++)
        ascii_glyphs[i] = -1;
    forget_colors();
    ready = true;
    screen_clear();
    return true;
}

void screen_clear(void)
{
    if (!ready || !pixels)
        return;
    for (uint32_t row = 0; row < rows; row++) {
        blank_row(wanted[row]);
        blank_row(shown[row]);
        dirty[row] = false;
    }
    top_row = cursor_row = cursor_column = 0;
    clear();
}

uint64_t screen_bytes_written(void) { return bytes_written; }

void screen_move(void *at)
{
    if (!ready)
        return;
    pixels = at;
    screen_flush();
}

const struct log_sink screen_sink = {
    .put = screen_put, .end_line = screen_end_line, .flush = screen_flush};
