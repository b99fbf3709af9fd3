/*
 * PC screen fonts, PSF1 and PSF2, with their Unicode tables. Pure parser: bytes in, glyph bitmaps out; nothing trusted.
 * Format facts: PSF1 magic 36 04, mode bit 0 512 glyphs, bit 1 or 2 Unicode table; PSF2 magic 72 b5 4a 86.
 */
#ifndef LIB_PSF_H
#define LIB_PSF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSF_ASCII_COUNT 128

struct psf_font {
    const uint8_t *glyphs;
    uint32_t glyph_count;
    uint32_t glyph_bytes;   /* one bitmap, row_bytes * height */
    uint32_t width;         /* pixels, 1..64 */
    uint32_t height;        /* pixels, 1..128 */
    uint32_t row_bytes;     /* (width + 7) / 8, leftmost pixel in bit 7 of the first byte */
    const uint8_t *unicode; /* the table as it lies in the file, NULL when there is none */
    size_t unicode_bytes;
    int32_t ascii[PSF_ASCII_COUNT]; /* with a table: their glyphs, -1 where there is none */
    bool psf2;
};

/* NULL on success; else a plain constant sentence that says what is wrong, with *font zeroed. `bytes` must stay. */
const char *psf_read(struct psf_font *font, const void *bytes, size_t size_bytes);

/*
 * Number of the glyph for a Unicode code point, or -1 when the font lacks it. Beyond ASCII it searches the
 * table from its start: for building a lookup table once, not for drawing. Without a Unicode table the code point is the glyph number.
 */
int32_t psf_glyph_index(const struct psf_font *font, uint32_t code_point);

/* The bitmap of a glyph; index must be below glyph_count. */
const uint8_t *psf_glyph(const struct psf_font *font, uint32_t index);

#endif
