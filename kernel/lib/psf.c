/*
 * PC screen fonts. Both formats are a header, the bitmaps, and perhaps a Unicode table, which lists
 * for each glyph in turn the code points it stands for, then sequences of several code points,
 * which are passed over here.
 *
 *           code points            begins a sequence   ends a glyph's list
 *     PSF1  16 bits, little-endian 0xfffe              0xffff
 *     PSF2  UTF-8                  0xfe                0xff
 *
 * The table is checked once to end every list, so a search cannot run out of it.
 */
#include "lib/psf.h"

#include "lib/string.h"
#include "lib/utf8.h"

#define PSF1_HEADER_BYTES 4
#define PSF1_MAGIC        "\x36\x04"
#define PSF1_MODE_512     (1 << 0)
#define PSF1_MODE_TABLE   (1 << 1)
#define PSF1_MODE_SEQ     (1 << 2)
#define PSF1_MODE_ALL     (PSF1_MODE_512 | PSF1_MODE_TABLE | PSF1_MODE_SEQ)
#define PSF1_SEQUENCE     0xfffe
#define PSF1_END          0xffff

#define PSF2_MAGIC      "\x72\xb5\x4a\x86"
#define PSF2_FLAG_TABLE (1u << 0)
#define PSF2_SEQUENCE   0xfe
#define PSF2_END        0xff

#define WIDTH_MAX  64
#define HEIGHT_MAX 128

struct psf2_header {
    uint8_t magic[4];
    uint32_t version;
    uint32_t header_bytes; /* where the bitmaps begin */
    uint32_t flags;
    uint32_t glyph_count;
    uint32_t glyph_bytes;
    uint32_t height;
    uint32_t width;
};

_Static_assert(sizeof(struct psf2_header) == 32, "the header of version 0");

/* What the next unit of a Unicode table is. */
enum item { ITEM_CODE_POINT, ITEM_SEQUENCE, ITEM_END, ITEM_NOTHING };

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static enum item next_psf1(struct cursor *cursor, uint32_t *code_point)
{
    if (cursor->end - cursor->at < 2)
        return ITEM_NOTHING;
    *code_point = (uint32_t)cursor->at[0] | (uint32_t)cursor->at[1] << 8;
    cursor->at += 2;
    if (*code_point == PSF1_SEQUENCE)
        return ITEM_SEQUENCE;
    return *code_point == PSF1_END ? ITEM_END : ITEM_CODE_POINT;
}

static enum item next_psf2(struct cursor *cursor, uint32_t *code_point)
{
    const char *text;

    if (cursor->at == cursor->end)
        return ITEM_NOTHING;
    if (*cursor->at == PSF2_SEQUENCE || *cursor->at == PSF2_END)
        return *cursor->at++ == PSF2_END ? ITEM_END : ITEM_SEQUENCE;
    text = (const char *)cursor->at;
    *code_point = utf8_next(&text, (const char *)cursor->end);
    cursor->at = (const uint8_t *)text;
    return ITEM_CODE_POINT;
}

static enum item next_item(const struct psf_font *font, struct cursor *cursor, uint32_t *code_point)
{
    return font->psf2 ? next_psf2(cursor, code_point) : next_psf1(cursor, code_point);
}

static struct cursor table_start(const struct psf_font *font)
{
    return (struct cursor){font->unicode, font->unicode + font->unicode_bytes};
}

/* Checks that each glyph's list ends, and notes which glyphs the commonest characters have. */
static const char *read_table(struct psf_font *font)
{
    struct cursor cursor = table_start(font);
    uint32_t glyph = 0, code_point;
    bool in_sequence = false;

    while (glyph < font->glyph_count) {
        enum item item = next_item(font, &cursor, &code_point);

        if (item == ITEM_NOTHING)
            return "the Unicode table ends before the last glyph";
        if (item == ITEM_CODE_POINT && !in_sequence && code_point < PSF_ASCII_COUNT &&
            font->ascii[code_point] < 0)
            font->ascii[code_point] = (int32_t)glyph;
        in_sequence = item == ITEM_SEQUENCE || (in_sequence && item == ITEM_CODE_POINT);
        glyph += item == ITEM_END;
    }
    return NULL;
}

static const char *check_shape(const struct psf_font *font)
{
    if (font->width == 0 || font->width > WIDTH_MAX || font->height == 0 ||
        font->height > HEIGHT_MAX)
        return "its characters are empty or larger than 64x128";
    if (font->glyph_bytes != font->row_bytes * font->height)
        return "the size of a glyph contradicts its width and height";
    if (font->glyph_count == 0)
        return "it has no glyphs";
    return NULL;
}

/* Finds glyphs and table in the bytes behind the header; the other fields are set. */
static const char *place_parts(struct psf_font *font, const uint8_t *body, size_t body_bytes,
                               bool has_table)
{
    const char *problem = check_shape(font);

    if (problem)
        return problem;

    uint64_t glyphs_bytes = (uint64_t)font->glyph_count * font->glyph_bytes; /* 32 bits times 11 */

    if (glyphs_bytes > body_bytes)
        return "the glyphs end past the end of the file";
    font->glyphs = body;
    if (!has_table)
        return NULL;
    font->unicode = body + glyphs_bytes;
    font->unicode_bytes = body_bytes - glyphs_bytes;
    memset(font->ascii, 0xff, sizeof(font->ascii)); /* -1 each */
    return read_table(font);
}

static const char *read_psf1(struct psf_font *font, const uint8_t *bytes, size_t size_bytes)
{
    uint8_t mode;

    if (size_bytes < PSF1_HEADER_BYTES)
        return "it is shorter than its header";
    mode = bytes[2];
    if (mode & ~PSF1_MODE_ALL)
        return "its mode has unknown bits";
    font->glyph_count = mode & PSF1_MODE_512 ? 512 : 256;
    font->glyph_bytes = font->height = bytes[3];
    font->width = 8;
    font->row_bytes = 1;
    return place_parts(font, bytes + PSF1_HEADER_BYTES, size_bytes - PSF1_HEADER_BYTES,
                       mode & (PSF1_MODE_TABLE | PSF1_MODE_SEQ));
}

static const char *read_psf2(struct psf_font *font, const uint8_t *bytes, size_t size_bytes)
{
    struct psf2_header header;

    if (size_bytes < sizeof(header))
        return "it is shorter than its header";
    memcpy(&header, bytes, sizeof(header));
    if (header.version != 0)
        return "its version is not 0";
    if (header.header_bytes < sizeof(header) || header.header_bytes > size_bytes)
        return "the size of its header cannot be true";
    font->psf2 = true;
    font->glyph_count = header.glyph_count;
    font->glyph_bytes = header.glyph_bytes;
    font->height = header.height;
    font->width = header.width;
    /* Not (width + 7) / 8, which may wrap. */
    font->row_bytes = header.width / 8 + (header.width % 8 != 0);
    return place_parts(font, bytes + header.header_bytes, size_bytes - header.header_bytes,
                       header.flags & PSF2_FLAG_TABLE);
}

const char *psf_read(struct psf_font *font, const void *bytes, size_t size_bytes)
{
    const char *problem = "it is neither PSF1 nor PSF2";

    memset(font, 0, sizeof(*font));
    if (size_bytes >= sizeof(PSF1_MAGIC) - 1 &&
        memcmp(bytes, PSF1_MAGIC, sizeof(PSF1_MAGIC) - 1) == 0)
        problem = read_psf1(font, bytes, size_bytes);
    else if (size_bytes >= sizeof(PSF2_MAGIC) - 1 &&
             memcmp(bytes, PSF2_MAGIC, sizeof(PSF2_MAGIC) - 1) == 0)
        problem = read_psf2(font, bytes, size_bytes);
    if (problem)
        memset(font, 0, sizeof(*font));
    return problem;
}

int32_t psf_glyph_index(const struct psf_font *font, uint32_t code_point)
{
    if (font->unicode == NULL)
        return code_point < font->glyph_count ? (int32_t)code_point : -1;
    if (code_point < PSF_ASCII_COUNT)
        return font->ascii[code_point];

    struct cursor cursor = table_start(font);
    bool in_sequence = false;
    uint32_t found;

    for (uint32_t glyph = 0; glyph < font->glyph_count;) {
        switch (next_item(font, &cursor, &found)) {
        case ITEM_CODE_POINT:
            if (!in_sequence && found == code_point && found != UTF8_INVALID)
                return (int32_t)glyph;
            break;
        case ITEM_SEQUENCE:
            in_sequence = true;
            break;
        case ITEM_END:
            in_sequence = false;
            glyph++;
            break;
        case ITEM_NOTHING:
            return -1;
        }
    }
    return -1;
}

const uint8_t *psf_glyph(const struct psf_font *font, uint32_t index)
{
    return font->glyphs + (size_t)index * font->glyph_bytes;
}
