/* The font that the kernel draws with, as the kernel has it: two symbols. Include in one file of a program. */
#ifndef TESTS_HOST_FONT_H
#define TESTS_HOST_FONT_H

#include <stdint.h>

extern const uint8_t screen_font[], screen_font_end[];

__asm__(".pushsection .rodata\n"
        ".globl screen_font, screen_font_end\n"
        "screen_font: .incbin \"" FONT_PATH "\"\n"
        "screen_font_end: .popsection");

#endif
