/*
 * What a linear framebuffer looks like, and whether its numbers can be true. Pure: the loader fills it from GOP
 * (UEFI 2.10, 12.9.2), the kernel checks it again before it draws.
 */
#ifndef LIB_FRAMEBUFFER_H
#define LIB_FRAMEBUFFER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/types.h"

struct framebuffer {
    paddr_t base;          /* 0: there is none */
    uint64_t size_bytes;   /* as the firmware says */
    uint32_t width;        /* pixels */
    uint32_t height;       /* pixels */
    uint32_t pitch_pixels; /* PixelsPerScanLine, >= width; a pixel is always 4 bytes */
    uint32_t red_mask;     /* each mask is one run of 1..10 bits, none overlaps another */
    uint32_t green_mask;
    uint32_t blue_mask;
};

/*
 * NULL when it can be drawn on; else a plain constant sentence that names the contradiction ("a line of pixels is
 * longer than the pitch", "the last line ends past the framebuffer's size", ...). Sizes under 320x200 and over
 * 16384x16384, a base that is not 4-byte aligned or wraps, and masks that are empty, overlap or have holes are refused.
 */
const char *framebuffer_check(const struct framebuffer *framebuffer);

/* The pixel value for 8-bit colour parts 0xRRGGBB; parts are scaled to the width of their mask. */
uint32_t framebuffer_pixel(const struct framebuffer *framebuffer, uint32_t rgb);

#endif
