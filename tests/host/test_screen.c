/*
 * The screen as a sink, on a framebuffer in memory. What it has drawn is counted by comparing pictures, and read back
 * by comparing with cells that are drawn one by one.
 */
#include "../../kernel/log/screen.c"

#include <signal.h>
#include <sys/mman.h>

#include "font.h"
#include "host_test.h"

#define WIDTH      1280
#define HEIGHT     800
#define PIXELS     (WIDTH * HEIGHT)
#define CELL_LINES 16
#define CELL_BYTES (8 * 16 * 4)
#define SCROLLED   1000

static uint32_t memory[PIXELS], before[PIXELS];
static const char *status_now = "status";
static bool status_is_new;

bool status_row_changed(void) { return status_is_new; }

size_t status_row_text(char *text, size_t size)
{
    status_is_new = false;
    return (size_t)snprintf(text, size, "%s", status_now);
}

static void start(void)
{
    const struct framebuffer framebuffer = {.base = 0x1000,
                                            .size_bytes = sizeof(memory),
                                            .width = WIDTH,
                                            .height = HEIGHT,
                                            .pitch_pixels = WIDTH,
                                            .red_mask = 0xff0000,
                                            .green_mask = 0xff00,
                                            .blue_mask = 0xff};

    memset(memory, 0x5a, sizeof(memory));
    assert_true(screen_init(&framebuffer, memory));
    screen_flush();
}

static void put_line(uint32_t rgb, const char *text)
{
    screen_put(rgb, text, strlen(text));
    screen_end_line();
}

/* Whether a cell looks like this character; drawn as pixels of one colour on black. */
static bool cell_is(uint32_t row, uint32_t column, uint32_t code_point, uint32_t rgb)
{
    int32_t glyph = psf_glyph_index(&blitter.font, code_point);
    const uint8_t *bitmap = psf_glyph(&blitter.font, (uint32_t)glyph);

    assert_true(glyph >= 0);
    for (uint32_t y = 0; y < CELL_LINES; y++)
        for (uint32_t x = 0; x < 8; x++)
            if (memory[(row * CELL_LINES + y) * WIDTH + column * 8 + x] !=
                (bitmap[y] >> (7 - x) & 1 ? rgb : 0))
                return false;
    return true;
}

static void assert_row(uint32_t row, const char *ascii)
{
    for (uint32_t column = 0; column < WIDTH / 8; column++)
        if (!cell_is(row, column, column < strlen(ascii) ? (uint8_t)ascii[column] : ' ', 0xffffff))
            fail_msg("row %u, column %u is not that of \"%s\"", row, column, ascii);
}

static uint64_t cells_changed_since(const uint32_t *picture)
{
    uint64_t count = 0;

    for (uint32_t cell = 0; cell < PIXELS / (8 * CELL_LINES); cell++) {
        uint32_t at = cell / (WIDTH / 8) * CELL_LINES * WIDTH + cell % (WIDTH / 8) * 8;
        bool same = true;

        for (uint32_t y = 0; y < CELL_LINES && same; y++)
            same = memcmp(memory + at + y * WIDTH, picture + at + y * WIDTH, 32) == 0;
        count += !same;
    }
    return count;
}

/* Each picture writes the bytes of the cells that differ from the last one, and no others. */
static void scrolling_writes_changed_cells_only(void **state)
{
    uint64_t cells = 0, bytes;

    (void)state;
    start();
    bytes = bytes_written;
    for (unsigned i = 0; i < SCROLLED; i++) {
        char text[100];

        memcpy(before, memory, sizeof(memory));
        snprintf(text, sizeof(text), "line %u of the text %.*s", i, (int)(i % 31),
                 "that gets longer and longer and longer");
        put_line(0xffffff, text);
        screen_flush();
        cells += cells_changed_since(before);
    }
    assert_int_equal(bytes_written - bytes, cells * CELL_BYTES);
    assert_row(48, "line 999 of the text that ge");
}

static void many_lines_are_one_drawing(void **state)
{
    uint64_t bytes;

    (void)state;
    start();
    memcpy(before, memory, sizeof(memory));
    bytes = bytes_written;
    for (unsigned i = 0; i < SCROLLED; i++)
        put_line(0xffffff, "x");
    assert_int_equal(bytes_written, bytes);
    screen_flush();
    assert_int_equal(bytes_written - bytes, cells_changed_since(before) * CELL_BYTES);
    assert_int_equal(bytes_written - bytes, 49 * CELL_BYTES);
}

/* 49 rows for the log: all are used, also the one below which the next line would begin. */
static void every_row_is_used(void **state)
{
    char text[8];

    (void)state;
    start();
    for (unsigned i = 0; i < 49; i++) {
        snprintf(text, sizeof(text), "%u", i);
        put_line(0xffffff, text);
    }
    screen_flush();
    assert_row(0, "0");
    assert_row(48, "48");
    put_line(0xffffff, "");
    put_line(0xffffff, "next");
    screen_flush();
    assert_row(0, "2");
    assert_row(47, "");
    assert_row(48, "next");
}

static void long_lines_wrap_and_full_ones_do_not(void **state)
{
    char text[WIDTH / 8 + 2];

    (void)state;
    start();
    memset(text, 'w', sizeof(text));
    text[WIDTH / 8] = '\0';
    put_line(0xffffff, text);
    text[WIDTH / 8] = 'v';
    text[WIDTH / 8 + 1] = '\0';
    put_line(0xffffff, text);
    put_line(0xffffff, "end");
    screen_flush();
    assert_true(cell_is(0, WIDTH / 8 - 1, 'w', 0xffffff));
    assert_true(cell_is(1, WIDTH / 8 - 1, 'w', 0xffffff));
    assert_row(2, "v");
    assert_row(3, "end");
}

static void what_the_font_lacks_is_replaced(void **state)
{
    (void)state;
    start();
    put_line(0xffffff, "\xc3\xa4|\xe2\x98\xa0|\xff|\xe2\x82|\t.");
    screen_flush();
    assert_true(cell_is(0, 0, 0xe4, 0xffffff));
    assert_true(cell_is(0, 2, 0xfffd, 0xffffff)); /* U+2620 */
    assert_true(cell_is(0, 4, 0xfffd, 0xffffff)); /* no UTF-8 */
    assert_true(cell_is(0, 6, 0xfffd, 0xffffff)); /* half a euro sign */
    assert_true(cell_is(0, 15, ' ', 0xffffff));
    assert_true(cell_is(0, 16, '.', 0xffffff));
}

/* Two characters for which the cache has one place. */
static void cached_glyphs_are_not_mixed_up(void **state)
{
    (void)state;
    start();
    for (unsigned i = 0; i < 3; i++)
        put_line(0xffffff, "\xe2\x94\x80\xc4\x80\xff\xc3\xbf"); /* U+2500, U+100, broken, U+ff */
    screen_flush();
    for (unsigned row = 0; row < 3; row++) {
        assert_true(cell_is(row, 0, 0x2500, 0xffffff));
        assert_true(cell_is(row, 1, 0x100, 0xffffff));
        assert_true(cell_is(row, 2, 0xfffd, 0xffffff));
        assert_true(cell_is(row, 3, 0xff, 0xffffff));
    }
}

static void colours_are_kept_and_too_many_do_no_harm(void **state)
{
    (void)state;
    start();
    for (uint32_t i = 1; i < 40; i++)
        put_line(i, "c");
    screen_flush();
    assert_true(cell_is(0, 0, 'c', 1));
    assert_true(cell_is(12, 0, 'c', 13));
}

static void what_is_put_while_unmapped_is_drawn_at_the_move(void **state)
{
    uint64_t bytes;

    (void)state;
    start();
    screen_move(NULL);
    bytes = bytes_written;
    put_line(0xffffff, "meanwhile");
    screen_flush();
    assert_int_equal(bytes_written, bytes);
    screen_move(memory);
    assert_row(0, "meanwhile");
}

static void the_status_stays_below(void **state)
{
    (void)state;
    start();
    status_now = "alive";
    status_is_new = true;
    for (unsigned i = 0; i < 100; i++)
        put_line(0xffffff, "log");
    screen_flush();
    assert_row(48, "log");
    assert_int_equal(memory[(HEIGHT - 1) * WIDTH + WIDTH - 1], COLOR_BAR);
    memcpy(before, memory, sizeof(memory));
    status_now = "alivf";
    status_is_new = true;
    screen_flush();
    assert_int_equal(cells_changed_since(before), 1);
}

static sigjmp_buf interrupted;

static void leave(int number)
{
    (void)number;
    siglongjmp(interrupted, 1);
}

/* A report that comes while a cell is drawn draws all that is missing, that cell too. */
static void an_interrupted_drawing_is_done_again(void **state)
{
    const struct sigaction action = {.sa_handler = leave};
    /* The page with the first pixel of a line in the middle of "world". */
    void *page = (void *)((uintptr_t)&memory[(CELL_LINES + 8) * WIDTH] & ~4095ul);

    (void)state;
    start();
    put_line(0xffffff, "hello");
    put_line(0xffffff, "world");
    assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0);
    assert_int_equal(mprotect(page, 4096, PROT_READ), 0);
    if (sigsetjmp(interrupted, 1) == 0) {
        screen_flush();
        fail_msg("nothing interrupted the drawing");
    }
    assert_int_equal(mprotect(page, 4096, PROT_READ | PROT_WRITE), 0);
    screen_flush();
    assert_row(0, "hello");
    assert_row(1, "world");
}

/* A report that stays is drawn by others, and no line of the log over it. */
static void what_is_taken_is_not_drawn_on(void **state)
{
    struct screen_canvas canvas;

    (void)state;
    start();
    put_line(0xffffff, "before");
    screen_flush();
    assert_true(screen_take(&canvas));
    assert_ptr_equal(canvas.pixels, memory);
    assert_int_equal(canvas.height, HEIGHT - CELL_LINES);
    for (uint32_t row = 0; row < HEIGHT / CELL_LINES - 1; row++)
        assert_row(row, "");
    assert_int_not_equal(memory[canvas.height * WIDTH], 0);
    memcpy(before, memory, sizeof(memory));
    put_line(0xffffff, "after");
    status_is_new = true;
    screen_flush();
    assert_memory_equal(before, memory, sizeof(memory));
    assert_false(screen_take(&canvas));
}

static void what_is_not_mapped_is_not_taken(void **state)
{
    struct screen_canvas canvas;

    (void)state;
    start();
    screen_move(NULL);
    assert_false(screen_take(&canvas));
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, scrolling_writes_changed_cells_only);
    HOST_ADD(&tests, many_lines_are_one_drawing);
    HOST_ADD(&tests, every_row_is_used);
    HOST_ADD(&tests, long_lines_wrap_and_full_ones_do_not);
    HOST_ADD(&tests, what_the_font_lacks_is_replaced);
    HOST_ADD(&tests, cached_glyphs_are_not_mixed_up);
    HOST_ADD(&tests, colours_are_kept_and_too_many_do_no_harm);
    HOST_ADD(&tests, what_is_put_while_unmapped_is_drawn_at_the_move);
    HOST_ADD(&tests, the_status_stays_below);
    HOST_ADD(&tests, an_interrupted_drawing_is_done_again);
    HOST_ADD(&tests, what_is_taken_is_not_drawn_on);
    HOST_ADD(&tests, what_is_not_mapped_is_not_taken);
    return host_tests_run(&tests, "screen");
}
