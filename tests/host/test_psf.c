/*
 * Fonts: small made-up ones of both formats, each way to damage them, and the console font that the
 * kernel is built with.
 */
#include "host_test.h"
#include "lib/psf.h"

#define AREA 8192

/* A file that grows as it is written. */
struct file {
    uint8_t bytes[AREA];
    size_t size;
};

static void put(struct file *file, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        file->bytes[file->size++] = (uint8_t)(value >> 8 * i);
}

static void put_text(struct file *file, const char *text)
{
    while (*text)
        put(file, (uint8_t)*text++, 1);
}

/*
 * 256 or 512 glyphs of `height` lines, all lines of glyph n being n; the table, when there is one,
 * gives glyph n the code points 0x100 + n and 0x2500 + n and the sequence 0x41 0x300 + n.
 */
static void make_psf1(struct file *file, unsigned mode, unsigned height)
{
    unsigned count = mode & 1 ? 512 : 256;

    file->size = 0;
    put(file, 0x0436, 2);
    put(file, mode, 1);
    put(file, height, 1);
    for (unsigned glyph = 0; glyph < count; glyph++)
        for (unsigned line = 0; line < height; line++)
            put(file, glyph, 1);
    for (unsigned glyph = 0; glyph < count && mode & 6; glyph++) {
        put(file, 0x100 + glyph, 2);
        put(file, 0x2500 + glyph, 2);
        put(file, 0xfffe, 2);
        put(file, 0x41, 2);
        put(file, 0x300 + glyph, 2);
        put(file, 0xffff, 2);
    }
}

/* The fields of PSF2's header, in their order. */
struct psf2_fields {
    uint32_t version, header_bytes, flags, glyph_count, glyph_bytes, height, width;
};

/* clang-format off */
#define GOOD_PSF2 {0, 32, 1, 4, 24, 12, 12}

static const char good_table[] = "A\xc2\xa0\xff"                    /* 0: U+0041 U+00A0 */
                                 "\xe2\x94\x80\xfe"                 /* 1: U+2500 and a sequence */
                                 "B\xcc\x81\xff"                    /*    of U+0042 U+0301 */
                                 "\xff"                             /* 2: nothing */
                                 "\xf0\x9f\x98\x80\xef\xbf\xbd"     /* 3: U+1F600 U+FFFD, */
                                 "A\xff"                            /*    and one that glyph 0 has */;
/* clang-format on */

static void make_psf2(struct file *file, const struct psf2_fields *fields, size_t glyphs_bytes,
                      const char *table)
{
    const uint32_t all[] = {fields->version,     fields->header_bytes, fields->flags,
                            fields->glyph_count, fields->glyph_bytes,  fields->height,
                            fields->width};

    file->size = 0;
    put(file, 0x864ab572, 4);
    for (size_t i = 0; i < ARRAY_COUNT(all); i++)
        put(file, all[i], 4);
    while (file->size < fields->header_bytes && file->size < 64)
        put(file, 0, 1);
    for (size_t i = 0; i < glyphs_bytes; i++)
        put(file, i, 1);
    put_text(file, table);
}

/* Reads a copy of exactly the file's size. On success *block must live as long as the font. */
static const char *read_guarded(struct psf_font *font, const void *bytes, size_t size,
                                uint8_t **block)
{
    memset(font, 0xcc, sizeof(*font));
    return psf_read(font, guarded_copy(block, bytes, size, 1), size);
}

static void psf1_without_a_table(void **state)
{
    struct file file;
    struct psf_font font;
    uint8_t *block;

    (void)state;
    make_psf1(&file, 0, 14);
    assert_null(read_guarded(&font, file.bytes, file.size, &block));
    assert_int_equal(font.glyph_count, 256);
    assert_int_equal(font.glyph_bytes, 14);
    assert_int_equal(font.width, 8);
    assert_int_equal(font.height, 14);
    assert_int_equal(font.row_bytes, 1);
    assert_null(font.unicode);
    assert_int_equal(psf_glyph(&font, 255)[13], 255);
    assert_int_equal(psf_glyph_index(&font, 255), 255);
    assert_int_equal(psf_glyph_index(&font, 256), -1);
    free(block);
}

static void psf1_with_a_table(void **state)
{
    struct file file;
    struct psf_font font;
    uint8_t *block;

    (void)state;
    for (unsigned mode = 2; mode <= 7; mode++) {
        make_psf1(&file, mode, 1);
        assert_null(read_guarded(&font, file.bytes, file.size, &block));
        assert_int_equal(font.glyph_count, mode & 1 ? 512 : 256);
        for (uint32_t glyph = 0; glyph < font.glyph_count; glyph += 51) {
            assert_int_equal(psf_glyph_index(&font, 0x100 + glyph), glyph);
            assert_int_equal(psf_glyph_index(&font, 0x2500 + glyph), glyph);
            assert_int_equal(psf_glyph(&font, glyph)[0], glyph & 0xff);
        }
        assert_int_equal(psf_glyph_index(&font, 0x41), -1); /* only within sequences */
        assert_int_equal(psf_glyph_index(&font, 0xffff), -1);
        assert_int_equal(psf_glyph_index(&font, 0xfffe), -1);
        assert_int_equal(psf_glyph_index(&font, UINT32_MAX), -1);
        free(block);
    }
}

static void psf2_with_a_table(void **state)
{
    static const struct psf2_fields fields = GOOD_PSF2;
    struct file file;
    struct psf_font font;
    uint8_t *block;

    (void)state;
    make_psf2(&file, &fields, 96, good_table);
    assert_null(read_guarded(&font, file.bytes, file.size, &block));
    assert_int_equal(font.glyph_count, 4);
    assert_int_equal(font.glyph_bytes, 24);
    assert_int_equal(font.width, 12);
    assert_int_equal(font.height, 12);
    assert_int_equal(font.row_bytes, 2);
    assert_int_equal(psf_glyph(&font, 3)[23], 95);
    assert_int_equal(psf_glyph_index(&font, 'A'), 0);
    assert_int_equal(psf_glyph_index(&font, 0xa0), 0);
    assert_int_equal(psf_glyph_index(&font, 0x2500), 1);
    assert_int_equal(psf_glyph_index(&font, 'B'), -1);
    assert_int_equal(psf_glyph_index(&font, 0x1f600), 3);
    assert_int_equal(psf_glyph_index(&font, 0xfffd), 3);
    assert_int_equal(psf_glyph_index(&font, UINT32_MAX), -1);
    free(block);
}

static void bytes_that_are_no_utf8_are_passed_over(void **state)
{
    /*
     * A lone continuation; a lead byte cut by an end; one cut by a letter; one continuation too
     * many, two bytes that begin nothing, then a good letter.
     */
    static const char table[] = "\x80\xff"
                                "\xe2\x94\xff"
                                "\xe2\x94Q\xff"
                                "\xc2\xa0\x80\xf8\xf9Z\xff";
    static const struct psf2_fields fields = GOOD_PSF2;
    struct file file;
    struct psf_font font;
    uint8_t *block;

    (void)state;
    make_psf2(&file, &fields, 96, table);
    assert_null(read_guarded(&font, file.bytes, file.size, &block));
    assert_int_equal(psf_glyph_index(&font, 'Q'), 2);
    assert_int_equal(psf_glyph_index(&font, 'Z'), 3);
    assert_int_equal(psf_glyph_index(&font, 0xa0), 3);
    assert_int_equal(psf_glyph_index(&font, 0), -1);
    assert_int_equal(psf_glyph_index(&font, UINT32_MAX), -1);
    free(block);
}

static void a_table_for_more_glyphs_than_there_are(void **state)
{
    static const struct psf2_fields fields = GOOD_PSF2;
    struct file file;
    struct psf_font font;
    uint8_t *block;

    (void)state;
    make_psf2(&file, &fields, 96,
              "A\xff"
              "B\xff"
              "C\xff"
              "D\xff"
              "E\xff");
    assert_null(read_guarded(&font, file.bytes, file.size, &block));
    assert_int_equal(psf_glyph_index(&font, 'D'), 3);
    assert_int_equal(psf_glyph_index(&font, 'E'), -1);
    free(block);
}

static void psf2_header_that_is_longer(void **state)
{
    static const struct psf2_fields fields = {0, 48, 0, 4, 24, 12, 12};
    struct file file;
    struct psf_font font;
    uint8_t *block;

    (void)state;
    make_psf2(&file, &fields, 96, "");
    assert_null(read_guarded(&font, file.bytes, file.size, &block));
    assert_int_equal(psf_glyph(&font, 0)[1], 1);
    assert_null(font.unicode);
    assert_int_equal(psf_glyph_index(&font, 3), 3);
    assert_int_equal(psf_glyph_index(&font, 4), -1);
    free(block);
}

struct psf2_row {
    const char *name;
    struct psf2_fields fields;
    size_t glyphs_bytes;
    const char *table;
    const char *problem;
};

/* clang-format off */
static struct psf2_row psf2_rows[] = {
    {"good", GOOD_PSF2, 96, good_table, NULL},
    {"version 1", {1, 32, 1, 4, 24, 12, 12}, 96, good_table, "version"},
    {"header of 31", {0, 31, 1, 4, 24, 12, 12}, 96, good_table, "size of its header"},
    {"header of 0", {0, 0, 1, 4, 24, 12, 12}, 96, good_table, "size of its header"},
    {"header longer than the file", {0, 4000, 1, 4, 24, 12, 12}, 96, good_table, "size of its header"},
    {"header of 2^32 - 1", {0, UINT32_MAX, 1, 4, 24, 12, 12}, 96, good_table, "size of its header"},
    {"no glyphs", {0, 32, 1, 0, 24, 12, 12}, 96, good_table, "no glyphs"},
    {"one glyph more than there is", {0, 32, 0, 5, 24, 12, 12}, 96, "", "glyphs end past"},
    {"2^32 - 1 glyphs", {0, 32, 0, UINT32_MAX, 24, 12, 12}, 96, "", "glyphs end past"},
    {"glyphs times bytes is 2^32", {0, 32, 0, UINT32_C(1) << 22, 1024, 128, 64}, 96, "", "glyphs end past"},
    {"one byte short", {0, 32, 0, 4, 24, 12, 12}, 95, "", "glyphs end past"},
    {"glyph one byte larger", {0, 32, 1, 4, 25, 12, 12}, 100, good_table, "contradicts"},
    {"glyph of 0 bytes", {0, 32, 1, 4, 0, 12, 12}, 96, good_table, "contradicts"},
    {"width 0", {0, 32, 1, 4, 0, 12, 0}, 96, good_table, "empty or larger"},
    {"height 0", {0, 32, 1, 4, 0, 0, 12}, 96, good_table, "empty or larger"},
    {"width 64", {0, 32, 1, 4, 96, 12, 64}, 384, good_table, NULL},
    {"width 65", {0, 32, 1, 4, 108, 12, 65}, 432, good_table, "empty or larger"},
    {"height 128", {0, 32, 1, 4, 128, 128, 8}, 512, good_table, NULL},
    {"height 129", {0, 32, 1, 4, 129, 129, 8}, 516, good_table, "empty or larger"},
    {"width 2^32 - 1", {0, 32, 1, 4, 0, 12, UINT32_MAX}, 96, good_table, "empty or larger"},
    {"height 2^32 - 1", {0, 32, 1, 4, 24, UINT32_MAX, 12}, 96, good_table, "empty or larger"},
    {"no table where there should be one", GOOD_PSF2, 96, "", "Unicode table ends"},
    {"a table for three of four", GOOD_PSF2, 96, "A\xff" "B\xff" "C\xff" "D", "Unicode table ends"},
    {"a header and nothing else", GOOD_PSF2, 0, "", "glyphs end past"},
    {"a table that goes on", GOOD_PSF2, 96, "A\xff" "B\xff" "C\xff" "D\xff" "E\xff", NULL},
};
/* clang-format on */

static void psf2(void **state)
{
    static const struct psf_font nothing;
    const struct psf2_row *row = *state;
    struct file file;
    struct psf_font font;
    uint8_t *block;

    make_psf2(&file, &row->fields, row->glyphs_bytes, row->table);
    assert_contains(read_guarded(&font, file.bytes, file.size, &block), row->problem);
    if (row->problem)
        assert_memory_equal(&font, &nothing, sizeof(font));
    free(block);
}

static void bad_psf1(void **state)
{
    struct file file;
    struct psf_font font;
    uint8_t *block;

    (void)state;
    make_psf1(&file, 0, 0);
    assert_contains(read_guarded(&font, file.bytes, file.size, &block), "empty or larger");
    free(block);
    make_psf1(&file, 0, 16);
    file.bytes[3] = 129;
    assert_contains(read_guarded(&font, file.bytes, file.size, &block), "empty or larger");
    free(block);
    make_psf1(&file, 8, 16);
    assert_contains(read_guarded(&font, file.bytes, file.size, &block), "unknown bits");
    free(block);
    make_psf1(&file, 0, 16);
    file.bytes[2] = 1; /* 512 glyphs where 256 are */
    assert_contains(read_guarded(&font, file.bytes, file.size, &block), "glyphs end past");
    free(block);
    file.bytes[2] = 2;
    assert_contains(read_guarded(&font, file.bytes, file.size, &block), "Unicode table ends");
    free(block);
    file.bytes[2] = 4;
    assert_contains(read_guarded(&font, file.bytes, file.size, &block), "Unicode table ends");
    free(block);
    assert_contains(read_guarded(&font, file.bytes, 3, &block), "shorter than its header");
    free(block);
}

static void neither_format(void **state)
{
    static const char *const starts[] = {
        "", "\x36", "\x36\x05", "\x04\x36", "\x72\xb5\x4a", "\x72\xb5\x4a\x87", "text"};
    struct psf_font font;
    uint8_t *block;

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(starts); i++) {
        assert_contains(read_guarded(&font, starts[i], strlen(starts[i]), &block),
                        "neither PSF1 nor PSF2");
        free(block);
    }
    assert_contains(read_guarded(&font, "\x72\xb5\x4a\x86", 4, &block), "shorter than its header");
    free(block);
    assert_contains(read_guarded(&font, "\x36\x04", 2, &block), "shorter than its header");
    free(block);
}

static void no_truncation_is_taken(void **state)
{
    static const struct psf2_fields fields = GOOD_PSF2;
    struct file file;
    struct psf_font font;
    uint8_t *block;

    (void)state;
    make_psf2(&file, &fields, 96, good_table);
    for (size_t size = 0; size < file.size; size++) {
        assert_non_null(read_guarded(&font, file.bytes, size, &block));
        free(block);
    }
    make_psf1(&file, 2, 2);
    for (size_t size = 0; size < file.size; size++) {
        assert_non_null(read_guarded(&font, file.bytes, size, &block));
        free(block);
    }
}

/* Everything that a font lets one reach must lie in the file; the sanitizer watches. */
static void touch_all(const struct psf_font *font)
{
    volatile uint8_t sink = 0;

    for (uint32_t glyph = 0; glyph < font->glyph_count; glyph++)
        for (uint32_t i = 0; i < font->glyph_bytes; i++)
            sink = (uint8_t)(sink + psf_glyph(font, glyph)[i]);
    for (uint32_t code_point = 0; code_point < 0x80; code_point++)
        assert_true(psf_glyph_index(font, code_point) < (int32_t)font->glyph_count);
}

static void damaged_fonts_stay_within_their_bytes(void **state)
{
    static const struct psf2_fields fields = GOOD_PSF2;
    uint64_t seed = UINT64_C(0x5eed0007);
    struct file good, file;
    struct psf_font font;
    uint8_t *block;
    size_t taken = 0;

    (void)state;
    make_psf2(&good, &fields, 96, good_table);
    for (size_t at = 0; at < good.size; at++) {
        for (unsigned round = 0; round < 10; round++) {
            file = good;
            file.bytes[at] =
                round < 8 ? file.bytes[at] ^ (uint8_t)(1 << round) : (uint8_t)random_next(&seed);
            if (round == 9)
                file.bytes[random_below(&seed, file.size)] = (uint8_t)random_next(&seed);
            if (read_guarded(&font, file.bytes, file.size, &block) == NULL) {
                touch_all(&font);
                taken++;
            }
            free(block);
        }
    }
    assert_true(taken > 100);
}

#ifdef FONT_PATH
static void the_console_font(void **state)
{
    static const uint8_t blank[16];
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(FONT_PATH, "rb");
    struct psf_font font;
    uint8_t *block;

    (void)state;
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    assert_null(read_guarded(&font, bytes, size, &block));
    assert_int_equal(font.width, 8);
    assert_int_equal(font.height, 16);
    for (uint32_t c = ' '; c <= '~'; c++) {
        int32_t glyph = psf_glyph_index(&font, c);

        assert_true(glyph >= 0 && (uint32_t)glyph < font.glyph_count);
        assert_int_equal(memcmp(psf_glyph(&font, (uint32_t)glyph), blank, 16) == 0, c == ' ');
    }
    assert_true(psf_glyph_index(&font, 0x2500) >= 0); /* box drawing */
    assert_int_equal(psf_glyph_index(&font, 0x10ffff), -1);
    touch_all(&font);
    free(block);
    for (size_t cut = 1; cut < size; cut += 7) {
        assert_non_null(read_guarded(&font, bytes, size - cut, &block));
        free(block);
    }
}
#endif

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, psf1_without_a_table);
    HOST_ADD(&tests, psf1_with_a_table);
    HOST_ADD(&tests, psf2_with_a_table);
    HOST_ADD(&tests, bytes_that_are_no_utf8_are_passed_over);
    HOST_ADD(&tests, a_table_for_more_glyphs_than_there_are);
    HOST_ADD(&tests, psf2_header_that_is_longer);
    HOST_ADD_ROWS(&tests, psf2, psf2_rows);
    HOST_ADD(&tests, bad_psf1);
    HOST_ADD(&tests, neither_format);
    HOST_ADD(&tests, no_truncation_is_taken);
    HOST_ADD(&tests, damaged_fonts_stay_within_their_bytes);
#ifdef FONT_PATH
    HOST_ADD(&tests, the_console_font);
#endif
    return host_tests_run(&tests, "psf");
}
