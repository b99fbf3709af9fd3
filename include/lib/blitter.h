/*
 * Glyphs onto a linear framebuffer: stores of 8 bytes, for rectangles of 4, and never a read, which takes a microsecond a word
 * on real machines. Pure: the framebuffer is wherever the caller has it mapped.
 */
#ifndef LIB_BLITTER_H
#define LIB_BLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/framebuffer.h"
#include "lib/psf.h"

#define BLITTER_GLYPH_WIDTH 8 /* pixels of the font; PSF1 knows no other */
#define BLITTER_SCALE_MAX   8

struct blitter {
    struct psf_font font;
    struct framebuffer framebuffer; /* its base is not used */
    uint32_t scale;                 /* each pixel of the font is scale x scale pixels */
    uint32_t columns, rows;         /* of cells */
    uint32_t cell_bytes;            /* written for one cell */
    uint64_t spread[256]; /* a glyph's row with each bit repeated `scale` times, the left one
                                       in the highest of 8 * scale bits */
};

/* A pair of colours, ready for drawing. */
struct blitter_ink {
    uint64_t
        fours[16]
             [2]; /* four pixels for each four bits, the leftmost in the low half of the first */
};

/*
 * Prepares for a framebuffer that framebuffer_check() allows, with the smallest scale at which at most
 * `columns_max` x `rows_max` cells fit. False when the font is not 8 pixels wide or the scale would be above
 * BLITTER_SCALE_MAX.
 */
bool blitter_init(struct blitter *blitter, const struct psf_font *font,
                  const struct framebuffer *framebuffer, uint32_t columns_max, uint32_t rows_max);

/* The same at a scale of one's choice, 1 to BLITTER_SCALE_MAX, for a font that blitter_init() has taken. */
void blitter_init_scale(struct blitter *blitter, const struct psf_font *font,
                        const struct framebuffer *framebuffer, uint32_t scale);

/* Colours are 0xRRGGBB. */
void blitter_mix(const struct blitter *blitter, struct blitter_ink *ink, uint32_t rgb,
                 uint32_t background_rgb);

/* Draws a glyph in a cell, which must be below `columns` and `rows`; the glyph below the font's count. */
void blitter_draw(const struct blitter *blitter, uint32_t *pixels, uint32_t column, uint32_t row,
                  uint32_t glyph, const struct blitter_ink *ink);

/* Fills a rectangle, which must be visible in whole, with a value of framebuffer_pixel(). */
void blitter_fill(const struct blitter *blitter, uint32_t *pixels, uint32_t x, uint32_t y,
                  uint32_t width, uint32_t height, uint32_t pixel);

/* Makes all that is visible black, what lies behind the cells too; what lies between the lines is left
 * alone. */
void blitter_clear(const struct blitter *blitter, uint32_t *pixels);

#endif
