/* A report on screens of all sizes: nothing over the edges, nothing over anything else, nothing left out. */
#include "lib/report_layout.h"

#include "host_test.h"
#include "report_sample.h"

#define CODE_LEAST 210 /* pixels that a code of some use needs */

#define UMLAUTS_4  "\u00e4\u00e4\u00e4\u00e4"
#define UMLAUTS_20 UMLAUTS_4 UMLAUTS_4 UMLAUTS_4 UMLAUTS_4 UMLAUTS_4

static const struct slice sample = {report_sample, sizeof(report_sample) - 1};
static const char ordinary[] =
    "overflow of the boot stack of CPU 0: address ffffffff80101fe8 is in the guard page below it";

static struct slice slice_of(const char *text) { return (struct slice){text, strlen(text)}; }

static struct size_case {
    const char *name;
    uint32_t width, height;
    uint32_t cause_scale, scale, columns, rows, code_pixels;
} sizes[] = {
    /* the height is without the status row */
    {"800x600", 800, 584, 2, 1, 47, 31, 399},
    {"1280x800", 1280, 784, 3, 1, 101, 41, 448},
    {"1920x1080", 1920, 1056, 5, 2, 75, 26, 672},
    {"3840x2160", 3840, 2128, 8, 4, 75, 27, 1344},
    {"320x200, too small for a code", 320, 192, 1, 1, 38, 7, 0},
};

static void usual_screens(void **state)
{
    const struct size_case *size = *state;
    struct report_layout layout;

    report_layout_make(&layout, size->width, size->height, slice_of(ordinary));
    assert_int_equal(layout.cause.scale, size->cause_scale);
    assert_int_equal(layout.body.scale, size->scale);
    assert_int_equal(layout.body.columns, size->columns);
    assert_int_equal(layout.body.rows, size->rows);
    assert_int_equal(layout.code_pixels, size->code_pixels);
}

static uint32_t block_right(const struct report_block *block)
{
    return block->x + block->columns * REPORT_CELL_WIDTH * block->scale;
}

static uint32_t block_bottom(const struct report_block *block)
{
    return block->y + block->rows * REPORT_CELL_HEIGHT * block->scale;
}

static void assert_layout_is_sound(uint32_t width, uint32_t height, const char *cause)
{
    struct report_layout layout;

    report_layout_make(&layout, width, height, slice_of(cause));
    assert_in_range(layout.cause.scale, 1, 8);
    assert_in_range(layout.body.scale, 1, 8);
    assert_true(block_right(&layout.cause) <= width);
    assert_true(block_bottom(&layout.cause) <= layout.body.y);
    assert_true(layout.body.columns >= 17 && layout.body.rows >= 2);
    assert_true(block_bottom(&layout.body) <= height);
    assert_true(block_right(&layout.body) <= (layout.code_pixels ? layout.code_x : width));
    assert_true(layout.code_pixels == 0 || layout.code_pixels >= CODE_LEAST);
    assert_true(layout.code_x + layout.code_pixels <= width);
    assert_true(layout.code_y + layout.code_pixels <= height);
}

static void any_screen_and_any_cause(void **state)
{
    static const char *const causes[] = {"", "x", ordinary};
    static char longest[401];

    (void)state;
    memset(longest, 'y', sizeof(longest) - 1);
    for (uint32_t width = 320; width <= 16384; width += width / 7)
        for (uint32_t height = 100; height <= 16384; height += height / 5) {
            for (unsigned i = 0; i < ARRAY_COUNT(causes); i++)
                assert_layout_is_sound(width, height, causes[i]);
            assert_layout_is_sound(width, height, longest);
        }
}

/* The cause is bigger than all else where there is room for that. */
static void the_cause_is_biggest(void **state)
{
    struct report_layout layout;
    static char long_one[235];

    (void)state;
    memset(long_one, 'z', sizeof(long_one) - 1);
    report_layout_make(&layout, 800, 584, slice_of(long_one));
    assert_int_equal(layout.cause.scale, 2);
    report_layout_make(&layout, 800, 584, slice_of("short"));
    assert_int_equal(layout.cause.scale, 3);
    report_layout_make(&layout, 1920, 1056, slice_of(long_one));
    assert_true(layout.cause.scale > layout.body.scale);
}

static size_t column_count(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.length; i++)
        count += ((uint8_t)text.text[i] & 0xc0) != 0x80;
    return count;
}

/* Every character but blanks, and no cause. */
static void rows_hold_all_words(void **state)
{
    (void)state;
    for (uint32_t columns = 20; columns <= 200; columns++) {
        struct report_rows rows;
        struct report_row row;
        const char *cause = strstr(report_sample, "cause "), *behind = strchr(cause, '\n');
        const char *at = report_sample;

        report_rows_begin(&rows, sample, columns);
        while (report_rows_next(&rows, &row)) {
            assert_true(row.indent + column_count(row.text) <= columns);
            assert_true(row.label_columns <= row.text.length);
            for (size_t i = 0; i < row.text.length; i++) {
                if (row.text.text[i] == ' ')
                    continue;
                while (*at == ' ' || *at == '\n' || (at >= cause && at < behind))
                    at++;
                assert_int_equal(row.text.text[i], *at++);
            }
        }
        assert_string_equal(at, "\n");
    }
}

static struct row_case {
    const char *name;
    uint32_t columns;
    const char *line;
    const char *rows[4]; /* with their indentation */
} row_cases[] = {
    {"a label and its text", 100, "at         here", {"at         here"}},
    {"what continues a line", 100, "           there", {"           there"}},
    {"the same on a narrow screen", 46, "           there", {"    there"}},
    {"two registers a row",
     46,
     "           rax 0000000000000001  rbx 0000000000000002  rcx 3",
     {"    rax 0000000000000001  rbx 0000000000000002", "    rcx 3"}},
    {"between things, not within one",
     46,
     "registers  rax 0000000000000001  rbx 00000000002",
     {"registers  rax 0000000000000001", "    rbx 00000000002"}},
    {"not at the gap behind a label",
     46,
     "next       this machine has stopped, and waits for somebody",
     {"next       this machine has stopped, and waits", "    for somebody"}},
    {"at a blank", 20, "*** FAULT of some kind", {"*** FAULT of some", "    kind"}},
    {"without a blank", 20, "abcdefghijklmnopqrstuvwxyz", {"abcdefghijklmnopqrst", "    uvwxyz"}},
    {"an empty line", 20, "", {""}},
    {"characters of more than a byte", 20, UMLAUTS_20, {UMLAUTS_20}},
};

static void lines_are_broken_where_they_may(void **state)
{
    const struct row_case *this = *state;
    struct report_rows rows;
    struct report_row row;
    char line[200], text[200];

    snprintf(line, sizeof(line), "%s\n", this->line);
    report_rows_begin(&rows, slice_of(line), this->columns);
    for (unsigned i = 0; i < ARRAY_COUNT(this->rows) && this->rows[i]; i++) {
        assert_true(report_rows_next(&rows, &row));
        snprintf(text, sizeof(text), "%*s%.*s", (int)row.indent, "", (int)row.text.length,
                 row.text.text);
        assert_string_equal(text, this->rows[i]);
    }
    assert_false(report_rows_next(&rows, &row));
}

/* A blank at the end, where the row would end too: what follows belongs to somebody else. */
static void nothing_is_read_behind_the_end(void **state)
{
    static const char text[] = "abcdefghij1234567890 ";
    uint8_t *block;
    struct slice line = {(const char *)guarded_copy(&block, text, sizeof(text) - 1, 0),
                         sizeof(text) - 1};

    (void)state;
    assert_int_equal(report_break_line(&line, sizeof(text) - 2).length, sizeof(text) - 2);
    assert_int_equal(line.length, 0);
    free(block);
}

static void labels_and_headlines_are_told(void **state)
{
    struct report_rows rows;
    struct report_row row;

    (void)state;
    report_rows_begin(&rows, slice_of("*** FAULT #PF page\nother CPUs CPU 1: idle\n           x\n"),
                      100);
    assert_true(report_rows_next(&rows, &row));
    assert_true(row.is_headline);
    assert_int_equal(row.label_columns, 0);
    assert_true(report_rows_next(&rows, &row));
    assert_false(row.is_headline);
    assert_int_equal(row.label_columns, strlen("other CPUs"));
    assert_true(report_rows_next(&rows, &row));
    assert_int_equal(row.label_columns, 0);
}

static void the_cause_is_found(void **state)
{
    struct slice cause = report_cause_text(sample);

    (void)state;
    assert_memory_equal(cause.text, "write to a null pointer: address 0000000000000000 is", 52);
    assert_int_equal(cause.text[cause.length], '\n');
    assert_int_equal(report_cause_text(slice_of("*** FAULT\nat here\n")).length, 0);
    assert_int_equal(report_cause_text(slice_of("cause")).length, 0);
}

static void pages_are_counted(void **state)
{
    (void)state;
    assert_int_equal(report_page_count(slice_of(""), 100, 3), 1);
    assert_int_equal(report_page_count(slice_of("a\nb\nc\n"), 100, 3), 1);
    assert_int_equal(report_page_count(slice_of("a\nb\nc\nd\n"), 100, 3), 2);
    assert_int_equal(report_page_count(slice_of("a\nb\nc\nd\ne\nf\ng\n"), 100, 3), 3);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, usual_screens, sizes);
    HOST_ADD(&tests, any_screen_and_any_cause);
    HOST_ADD(&tests, the_cause_is_biggest);
    HOST_ADD(&tests, rows_hold_all_words);
    HOST_ADD_ROWS(&tests, lines_are_broken_where_they_may, row_cases);
    HOST_ADD(&tests, nothing_is_read_behind_the_end);
    HOST_ADD(&tests, labels_and_headlines_are_told);
    HOST_ADD(&tests, the_cause_is_found);
    HOST_ADD(&tests, pages_are_counted);
    return host_tests_run(&tests, "report layout");
}
