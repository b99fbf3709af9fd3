/* The blitter against a picture that is made pixel by pixel, in every kind of format, pitch and scale. */
#include "lib/blitter.h"

#include "font.h"
#include "host_test.h"

#define CELLS     600
#define UNTOUCHED 0xdeadbeef

#define BGR      0x00ff0000, 0x0000ff00, 0x000000ff
#define RGB      0x000000ff, 0x0000ff00, 0x00ff0000
#define TEN_BITS 0x3ff00000, 0x000ffc00, 0x000003ff
#define ODD      0x1f000000, 0x0003f000, 0x000000f8 /* 5, 6 and 5 bits, with gaps between */

struct row {
    const char *name;
    uint32_t width, height, pitch, red, green, blue;
    uint32_t scale;
    uint32_t pixels[3]; /* of inks[].rgb, by hand */
};

static const uint32_t inks[3][2] = {{0xff5555, 0}, {0xffffff, 0x303030}, {0x808080, 0}};

/* clang-format off */
static struct row rows[] = {
    {"BGR 800x600", 800, 600, 800, BGR, 1, {0x00ff5555, 0x00ffffff, 0x00808080}},
    {"RGB 800x600", 800, 600, 800, RGB, 1, {0x005555ff, 0x00ffffff, 0x00808080}},
    {"ten bits a colour", 640, 480, 640, TEN_BITS, 1, {0x3ff55555, 0x3fffffff, 0x20280a02}},
    {"five and six bits with gaps", 640, 480, 640, ODD, 1, {0x1f015050, 0x1f03f0f8, 0x10020080}},
    {"odd pitch", 801, 601, 813, BGR, 1, {0x00ff5555, 0x00ffffff, 0x00808080}},
    {"pitch of one pixel more", 1366, 768, 1367, RGB, 1, {0x005555ff, 0x00ffffff, 0x00808080}},
    {"wide pitch", 1366, 768, 2048, BGR, 1, {0x00ff5555, 0x00ffffff, 0x00808080}},
    {"the smallest", 320, 200, 320, BGR, 1, {0x00ff5555, 0x00ffffff, 0x00808080}},
    {"scaled twice", 3840, 2160, 3840, BGR, 2, {0x00ff5555, 0x00ffffff, 0x00808080}},
    {"scaled twice, odd pitch", 2561, 1601, 2563, RGB, 2, {0x005555ff, 0x00ffffff, 0x00808080}},
    {"scaled three times", 5120, 2880, 5121, TEN_BITS, 3, {0x3ff55555, 0x3fffffff, 0x20280a02}},
    {"scaled eight times", 16384, 1000, 16384, BGR, 8, {0x00ff5555, 0x00ffffff, 0x00808080}},
};
/* clang-format on */

static struct psf_font font;

static struct framebuffer framebuffer_of(const struct row *row)
{
    return (struct framebuffer){
        .base = 0x1000,
        .size_bytes = (uint64_t)row->pitch * row->height * 4,
        .width = row->width,
        .height = row->height,
        .pitch_pixels = row->pitch,
        .red_mask = row->red,
        .green_mask = row->green,
        .blue_mask = row->blue,
    };
}

/* The last line ends where the width does: nothing may be written behind it. */
static uint32_t *allocate(const struct row *row, size_t *count)
{
    uint32_t *pixels;

    *count = (size_t)row->pitch * (row->height - 1) + row->width;
    pixels = malloc(*count * sizeof(*pixels));
    for (size_t i = 0; i < *count; i++)
        pixels[i] = UNTOUCHED;
    return pixels;
}

static void draw_reference(const struct row *row, const struct framebuffer *framebuffer,
                           uint32_t *pixels, const uint32_t at[2], uint32_t glyph, unsigned ink)
{
    uint32_t background = framebuffer_pixel(framebuffer, inks[ink][1]);

    for (uint32_t y = 0; y < 16 * row->scale; y++)
        for (uint32_t x = 0; x < 8 * row->scale; x++) {
            bool set = font.glyphs[glyph * 16 + y / row->scale] >> (7 - x / row->scale) & 1;

            pixels[(size_t)(at[1] * 16 * row->scale + y) * row->pitch + at[0] * 8 * row->scale +
                   x] = set ? row->pixels[ink] : background;
        }
}

static void pixels_equal_the_reference(void **state)
{
    const struct row *row = *state;
    struct framebuffer framebuffer = framebuffer_of(row);
    static struct blitter blitter;
    struct blitter_ink mixed[3];
    uint64_t seed = 1984;
    size_t count;
    uint32_t *drawn = allocate(row, &count), *reference = allocate(row, &count);

    assert_null(framebuffer_check(&framebuffer));
    assert_true(blitter_init(&blitter, &font, &framebuffer, 256, 128));
    assert_int_equal(blitter.scale, row->scale);
    assert_int_equal(blitter.columns, row->width / (8 * row->scale));
    assert_int_equal(blitter.rows, row->height / (16 * row->scale));
    assert_int_equal(blitter.cell_bytes, 8 * 16 * 4 * row->scale * row->scale);
    for (unsigned i = 0; i < 3; i++)
        blitter_mix(&blitter, &mixed[i], inks[i][0], inks[i][1]);
    for (unsigned i = 0; i < CELLS; i++) {
        uint32_t at[2] = {(uint32_t)random_below(&seed, blitter.columns),
                          (uint32_t)random_below(&seed, blitter.rows)};
        uint32_t glyph = (uint32_t)random_below(&seed, font.glyph_count);

        if (i == 0) { /* the corner, where the buffer ends */
            at[0] = blitter.columns - 1;
            at[1] = blitter.rows - 1;
        }
        blitter_draw(&blitter, drawn, at[0], at[1], glyph, &mixed[i % 3]);
        draw_reference(row, &framebuffer, reference, at, glyph, i % 3);
    }
    assert_memory_equal(drawn, reference, count * sizeof(*drawn));
    free(drawn);
    free(reference);
}

static void clearing_leaves_what_is_between_the_lines(void **state)
{
    const struct row *row = *state;
    struct framebuffer framebuffer = framebuffer_of(row);
    static struct blitter blitter;
    size_t count;
    uint32_t *pixels = allocate(row, &count);

    assert_true(blitter_init(&blitter, &font, &framebuffer, 256, 128));
    blitter_clear(&blitter, pixels);
    for (size_t i = 0; i < count; i++)
        if (pixels[i] != (i % row->pitch < row->width ? 0 : UNTOUCHED))
            fail_msg("pixel %zu of line %zu is %x", i % row->pitch, i / row->pitch, pixels[i]);
    free(pixels);
}

/* Up to the last pixel that is seen, and none beside the rectangle. */
static void a_rectangle_is_filled_and_no_more(void **state)
{
    const struct row *row = *state;
    struct framebuffer framebuffer = framebuffer_of(row);
    static struct blitter blitter;
    const uint32_t x = row->width - 7, y = row->height - 5, color = 0x123456;
    size_t count;
    uint32_t *pixels = allocate(row, &count);

    assert_true(blitter_init(&blitter, &font, &framebuffer, 256, 128));
    blitter_fill(&blitter, pixels, x, y, 7, 5, color);
    blitter_fill(&blitter, pixels, 0, 0, 0, 5, color);
    for (size_t i = 0; i < count; i++) {
        uint32_t column = (uint32_t)(i % row->pitch);
        bool inside = column >= x && column < row->width && i / row->pitch >= y;

        assert_int_equal(pixels[i], inside ? color : UNTOUCHED);
    }
    free(pixels);
}

static void what_cannot_be_drawn_is_refused(void **state)
{
    struct framebuffer framebuffer = framebuffer_of(&rows[0]);
    struct psf_font wide = font;
    static struct blitter blitter;

    (void)state;
    wide.width = 16;
    assert_false(blitter_init(&blitter, &wide, &framebuffer, 256, 128));
    framebuffer.width = framebuffer.pitch_pixels = 16384;
    assert_false(blitter_init(&blitter, &font, &framebuffer, 200, 128));
}

int main(void)
{
    static struct host_tests tests;

    if (psf_read(&font, screen_font, (size_t)(screen_font_end - screen_font)))
        return 1;
    HOST_ADD_ROWS(&tests, pixels_equal_the_reference, rows);
    HOST_ADD_ROWS(&tests, clearing_leaves_what_is_between_the_lines, rows);
    HOST_ADD_ROWS(&tests, a_rectangle_is_filled_and_no_more, rows);
    HOST_ADD(&tests, what_cannot_be_drawn_is_refused);
    return host_tests_run(&tests, "blitter");
}
