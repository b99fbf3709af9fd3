/* The framebuffer's numbers: one good one, and each way in which it can contradict itself. */
#include "host_test.h"
#include "lib/framebuffer.h"

#define BASE UINT64_C(0xc0000000)

/* What GOP calls BGR: 8 bits each, blue lowest. */
#define MASKS .red_mask = 0xff0000, .green_mask = 0xff00, .blue_mask = 0xff
#define SHAPE(w, h, p)                                                                             \
    .width = (w), .height = (h), .pitch_pixels = (p), .size_bytes = (uint64_t)(p) * (h)*4
#define GOOD .base = BASE, SHAPE(1024, 768, 1024), MASKS

struct row {
    const char *name;
    struct framebuffer framebuffer;
    const char *problem;
};

/* Later initialisers override GOOD on purpose. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* clang-format off */
static struct row rows[] = {
    {"good", {GOOD}, NULL},
    {"none", {GOOD, .base = 0}, "there is none"},
    {"all zero", {0}, "there is none"},
    {"base not a multiple of 4", {GOOD, .base = BASE + 2}, "multiple of 4"},
    {"base a multiple of 4", {GOOD, .base = BASE + 4}, NULL},
    {"319 wide", {.base = BASE, SHAPE(319, 200, 320), MASKS}, "smaller"},
    {"199 high", {.base = BASE, SHAPE(320, 199, 320), MASKS}, "smaller"},
    {"320x200", {.base = BASE, SHAPE(320, 200, 320), MASKS}, NULL},
    {"0 wide", {.base = BASE, SHAPE(0, 200, 320), MASKS}, "smaller"},
    {"0 high", {.base = BASE, .width = 320, .pitch_pixels = 320, .size_bytes = 1 << 20, MASKS}, "smaller"},
    {"16384x16384", {.base = BASE, SHAPE(16384, 16384, 16384), MASKS}, NULL},
    {"16385 wide", {.base = BASE, SHAPE(16385, 200, 16385), MASKS}, "larger"},
    {"16385 high", {.base = BASE, SHAPE(320, 16385, 320), MASKS}, "larger"},
    {"2^32 - 1 high", {.base = BASE, SHAPE(320, UINT32_MAX, 320), MASKS}, "larger"},
    {"pitch one short", {GOOD, .pitch_pixels = 1023}, "longer than the pitch"},
    {"pitch 0", {GOOD, .pitch_pixels = 0}, "longer than the pitch"},
    {"pitch one more, size too", {.base = BASE, SHAPE(1024, 768, 1025), MASKS}, NULL},
    {"pitch one more, size not", {GOOD, .pitch_pixels = 1025}, "last line ends past"},
    {"pitch 2^32 - 1", {GOOD, .pitch_pixels = UINT32_MAX}, "last line ends past"},
    {"size one byte short", {GOOD, .size_bytes = 1024 * 768 * 4 - 1}, "last line ends past"},
    {"size 0", {GOOD, .size_bytes = 0}, "last line ends past"},
    {"size short by what follows the last pixel",
     {.base = BASE, .width = 320, .height = 200, .pitch_pixels = 512, .size_bytes = (512 * 199 + 320) * 4, MASKS}, NULL},
    {"the last pixel outside",
     {.base = BASE, .width = 320, .height = 200, .pitch_pixels = 512, .size_bytes = (512 * 199 + 319) * 4, MASKS},
     "last line ends past"},
    {"a size of 32 bits would do", {.base = BASE, SHAPE(16384, 16384, 65536), MASKS}, NULL},
    {"size 2^64 - 1", {GOOD, .size_bytes = UINT64_MAX}, "past what can be mapped"},
    {"base in the last page", {GOOD, .base = UINT64_MAX - 3}, "past what can be mapped"},
    {"end at the limit", {GOOD, .base = (UINT64_C(1) << 47) - (uint64_t)1024 * 768 * 4}, NULL},
    {"end past the limit",
     {GOOD, .base = (UINT64_C(1) << 47) - (uint64_t)1024 * 768 * 4 + 4}, "past what can be mapped"},
    {"no red", {GOOD, .red_mask = 0}, "no bits"},
    {"no green", {GOOD, .green_mask = 0}, "no bits"},
    {"no blue", {GOOD, .blue_mask = 0}, "no bits"},
    {"red with a hole", {GOOD, .red_mask = 0xfd0000}, "holes"},
    {"green with a hole", {GOOD, .green_mask = 0x8100}, "holes"},
    {"blue with a hole", {GOOD, .blue_mask = 0x80000001}, "holes"},
    {"red of 11 bits", {GOOD, .red_mask = 0x7ff0000}, "more than 10"},
    {"green of 11 bits", {GOOD, .green_mask = 0x7ff00, .red_mask = 0xff000000}, "more than 10"},
    {"blue of 32 bits", {GOOD, .blue_mask = UINT32_MAX}, "more than 10"},
    {"red and green share a bit", {GOOD, .red_mask = 0x1fe00, .blue_mask = 0xff}, "share"},
    {"red and blue share a bit", {GOOD, .red_mask = 0xff}, "share"},
    {"green and blue share a bit", {GOOD, .green_mask = 0x7f80}, "share"},
    {"RGB", {GOOD, .red_mask = 0xff, .blue_mask = 0xff0000}, NULL},
    {"10 bits each", {GOOD, .red_mask = 0x3ff00000, .green_mask = 0xffc00, .blue_mask = 0x3ff}, NULL},
    {"5, 6 and 5 bits", {GOOD, .red_mask = 0xf800, .green_mask = 0x7e0, .blue_mask = 0x1f}, "of 16 bits"},
    {"1 bit each, at the top", {GOOD, .red_mask = 0x80000000, .green_mask = 0x40000000, .blue_mask = 0x20000000}, NULL},
};
/* clang-format on */

static void framebuffer(void **state)
{
    const struct row *row = *state;

    assert_contains(framebuffer_check(&row->framebuffer), row->problem);
}

static void pixels_of_usual_formats(void **state)
{
    struct framebuffer bgr = {GOOD}, rgb = {GOOD, .red_mask = 0xff, .blue_mask = 0xff0000};
    struct framebuffer deep = {GOOD, .red_mask = 0x3ff00000, .green_mask = 0xffc00,
                               .blue_mask = 0x3ff};
    struct framebuffer high = {GOOD, .red_mask = 0xf800, .green_mask = 0x7e0, .blue_mask = 0x1f};

    (void)state;
    assert_int_equal(framebuffer_pixel(&bgr, 0x123456), 0x123456);
    assert_int_equal(framebuffer_pixel(&bgr, 0xff123456), 0x123456);
    assert_int_equal(framebuffer_pixel(&rgb, 0x123456), 0x563412);
    assert_int_equal(framebuffer_pixel(&deep, 0xff8001), 0x3ff << 20 | 0x202 << 10 | 0x004);
    assert_int_equal(framebuffer_pixel(&high, 0x80ff08), 0x10 << 11 | 0x3f << 5 | 0x01);
}

/* For every width and place of a mask: black is 0, white is all of it, brighter is never darker, nothing leaks out. */
static void parts_fill_their_masks(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= 10; bits++) {
        for (unsigned shift = 0; shift + bits <= 30; shift++) {
            uint32_t mask = ((1u << bits) - 1) << shift, last = 0;
            /* The other two must exist, but what is put into them is 0. */
            struct framebuffer framebuffer = {
                .red_mask = 1u << 30, .green_mask = mask, .blue_mask = 1u << 31};

            assert_int_equal(framebuffer_pixel(&framebuffer, 0), 0);
            assert_int_equal(framebuffer_pixel(&framebuffer, 0xff00), mask);
            for (uint32_t part = 0; part <= 255; part++) {
                uint32_t pixel = framebuffer_pixel(&framebuffer, part << 8);

                assert_int_equal(pixel & ~mask, 0);
                assert_true(pixel >= last);
                last = pixel;
            }
        }
    }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, framebuffer, rows);
    HOST_ADD(&tests, pixels_of_usual_formats);
    HOST_ADD(&tests, parts_fill_their_masks);
    return host_tests_run(&tests, "framebuffer");
}
