/*
 * See lib/framebuffer.h. All sums are of 32-bit numbers in 64 bits, and cannot wrap where the
 * limits were checked.
 */
#include "lib/framebuffer.h"

#include <stddef.h>

#include "lib/align.h"

#define PIXEL_BYTES    4
#define WIDTH_LEAST    320
#define HEIGHT_LEAST   200
#define LENGTH_MOST    16384
#define MASK_BITS_MOST 10
#define ADDRESS_LIMIT  (UINT64_C(1) << 47) /* of the lower half with 4-level paging */

/* How many bits a mask has when they are one run, else 0. The mask must not be 0. */
static unsigned run_bits(uint32_t mask)
{
    uint32_t run = mask >> __builtin_ctz(mask);

    return (run & (run + 1)) == 0 ? 32 - (unsigned)__builtin_clz(run) : 0;
}

static const char *check_mask(uint32_t mask)
{
    if (mask == 0)
        return "a colour has no bits";
    if (run_bits(mask) == 0)
        return "a colour's bits have holes";
    if (run_bits(mask) > MASK_BITS_MOST)
        return "a colour has more than 10 bits";
    return NULL;
}

static const char *check_masks(const struct framebuffer *framebuffer)
{
    uint32_t red = framebuffer->red_mask, green = framebuffer->green_mask,
             blue = framebuffer->blue_mask;
    const char *problem = check_mask(red);

    if (!problem)
        problem = check_mask(green);
    if (!problem)
        problem = check_mask(blue);
    if (!problem && ((red & green) || (red & blue) || (green & blue)))
        problem = "two colours share a bit";
    if (!problem && ((red | green | blue) >> 16) == 0)
        problem = "its pixels are of 16 bits, not 32";
    return problem;
}

static const char *check_lengths(const struct framebuffer *framebuffer)
{
    if (framebuffer->width < WIDTH_LEAST || framebuffer->height < HEIGHT_LEAST)
        return "it is smaller than 320x200";
    if (framebuffer->width > LENGTH_MOST || framebuffer->height > LENGTH_MOST)
        return "it is larger than 16384x16384";
    if (framebuffer->width > framebuffer->pitch_pixels)
        return "a line of pixels is longer than the pitch";
    return NULL;
}

static const char *check_memory(const struct framebuffer *framebuffer)
{
    uint64_t pixels =
        (uint64_t)framebuffer->pitch_pixels * (framebuffer->height - 1) + framebuffer->width;

    if (!is_aligned(framebuffer->base, PIXEL_BYTES))
        return "its base is not a multiple of 4";
    if (framebuffer->base > ADDRESS_LIMIT ||
        framebuffer->size_bytes > ADDRESS_LIMIT - framebuffer->base)
        return "it ends past what can be mapped at its own address";
    if (pixels * PIXEL_BYTES > framebuffer->size_bytes)
        return "the last line ends past the framebuffer's size";
    return NULL;
}

const char *framebuffer_check(const struct framebuffer *framebuffer)
{
    const char *problem;

    if (framebuffer->base == 0)
        return "there is none";
    problem = check_lengths(framebuffer); /* first: check_memory relies on a height above 0 */
    if (!problem)
        problem = check_memory(framebuffer);
    if (!problem)
        problem = check_masks(framebuffer);
    return problem;
}

/*
 * One colour part, 0..255, moved to where its mask is; 255 becomes the whole mask and 0 none of it.
 */
static uint32_t place(uint32_t part, uint32_t mask)
{
    unsigned bits = run_bits(mask);
    uint32_t scaled = bits <= 8 ? part >> (8 - bits) : part << (bits - 8) | part >> (16 - bits);

    return scaled << __builtin_ctz(mask);
}

uint32_t framebuffer_pixel(const struct framebuffer *framebuffer, uint32_t rgb)
{
    return place(rgb >> 16 & 0xff, framebuffer->red_mask) |
           place(rgb >> 8 & 0xff, framebuffer->green_mask) |
           place(rgb & 0xff, framebuffer->blue_mask);
}
