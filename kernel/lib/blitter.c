/* See lib/blitter.h. */
#include "lib/blitter.h"

#include "lib/compiler.h"
#include "lib/string.h"

static bool fits(const struct framebuffer *framebuffer, const struct psf_font *font, uint32_t scale,
                 uint32_t columns_max, uint32_t rows_max)
{
    return framebuffer->width / (font->width * scale) <= columns_max &&
           framebuffer->height / (font->height * scale) <= rows_max;
}

static void spread_bits(struct blitter *blitter)
{
    for (unsigned bits = 0; bits < 256; bits++) {
        uint64_t spread = 0;

        for (unsigned i = 0; i < BLITTER_GLYPH_WIDTH * blitter->scale; i++)
            spread = spread << 1 | (bits >> (BLITTER_GLYPH_WIDTH - 1 - i / blitter->scale) & 1);
        blitter->spread[bits] = spread;
    }
}

bool blitter_init(struct blitter *blitter, const struct psf_font *font,
                  const struct framebuffer *framebuffer, uint32_t columns_max, uint32_t rows_max)
{
    uint32_t scale = 1;

    if (font->width != BLITTER_GLYPH_WIDTH)
        return false;
    while (!fits(framebuffer, font, scale, columns_max, rows_max))
        if (++scale > BLITTER_SCALE_MAX)
            return false;
    blitter_init_scale(blitter, font, framebuffer, scale);
    return true;
}

void blitter_init_scale(struct blitter *blitter, const struct psf_font *font,
                        const struct framebuffer *framebuffer, uint32_t scale)
{
    blitter->font = *font;
    blitter->framebuffer = *framebuffer;
    blitter->scale = scale;
    blitter->columns = framebuffer->width / (font->width * scale);
    blitter->rows = framebuffer->height / (font->height * scale);
    blitter->cell_bytes = font->width * font->height * scale * scale * (uint32_t)sizeof(uint32_t);
    spread_bits(blitter);
}

void blitter_mix(const struct blitter *blitter, struct blitter_ink *ink, uint32_t rgb,
                 uint32_t background_rgb)
{
    uint64_t set = framebuffer_pixel(&blitter->framebuffer, rgb),
             clear = framebuffer_pixel(&blitter->framebuffer, background_rgb);

    for (unsigned bits = 0; bits < 16; bits++) {
        ink->fours[bits][0] = (bits & 8 ? set : clear) | (bits & 4 ? set : clear) << 32;
        ink->fours[bits][1] = (bits & 2 ? set : clear) | (bits & 1 ? set : clear) << 32;
    }
}

/* With an odd pitch every second line begins between two multiples of 8. */
typedef volatile uint64_t ALIGNED(4) pixel_pair;

/* Eight pixels, the highest bit leftmost. */
static void draw_eight(pixel_pair *at, uint8_t bits, const struct blitter_ink *ink)
{
    const uint64_t *left = ink->fours[bits >> 4], *right = ink->fours[bits & 15];

    at[0] = left[0];
    at[1] = left[1];
    at[2] = right[0];
    at[3] = right[1];
}

/* One row of a glyph, spread to 8 * scale bits. */
static void draw_line(uint32_t *at, uint64_t bits, uint32_t scale, const struct blitter_ink *ink)
{
    for (uint32_t left = scale; left > 0; left--, at += BLITTER_GLYPH_WIDTH)
        draw_eight((pixel_pair *)at, (uint8_t)(bits >> 8 * (left - 1)), ink);
}

/* Most screens: nothing is spread, and nothing repeated. */
static void draw_unscaled(const struct blitter *blitter, uint32_t *at, const uint8_t *bitmap,
                          const struct blitter_ink *ink)
{
    for (const uint8_t *end = bitmap + blitter->font.height; bitmap < end; bitmap++) {
        draw_eight((pixel_pair *)at, *bitmap, ink);
        at += blitter->framebuffer.pitch_pixels;
    }
}

void blitter_draw(const struct blitter *blitter, uint32_t *pixels, uint32_t column, uint32_t row,
                  uint32_t glyph, const struct blitter_ink *ink)
{
    const uint8_t *bitmap = psf_glyph(&blitter->font, glyph);
    uint32_t scale = blitter->scale, pitch = blitter->framebuffer.pitch_pixels;
    uint32_t *at = pixels + (uint64_t)row * blitter->font.height * scale * pitch +
                   column * BLITTER_GLYPH_WIDTH * scale;

    if (scale == 1) {
        draw_unscaled(blitter, at, bitmap, ink);
        return;
    }
    for (uint32_t y = 0; y < blitter->font.height; y++)
        for (uint32_t copy = 0; copy < scale; copy++, at += pitch)
            draw_line(at, blitter->spread[bitmap[y]], scale, ink);
}

void blitter_fill(const struct blitter *blitter, uint32_t *pixels, uint32_t x, uint32_t y,
                  uint32_t width, uint32_t height, uint32_t pixel)
{
    uint32_t pitch = blitter->framebuffer.pitch_pixels;

    for (uint32_t line = y; line < y + height; line++)
        for (volatile uint32_t *at = pixels + (uint64_t)line * pitch + x, *end = at + width;
             at < end; at++)
            *at = pixel;
}

/* Black is 0 in every pixel format. */
void blitter_clear(const struct blitter *blitter, uint32_t *pixels)
{
    const struct framebuffer *framebuffer = &blitter->framebuffer;

    for (uint32_t y = 0; y < framebuffer->height; y++)
        memset(pixels + (uint64_t)y * framebuffer->pitch_pixels, 0,
               framebuffer->width * sizeof(*pixels));
}
