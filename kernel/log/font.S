/* The console font: a PC screen font with a Unicode table, from fonts-spleen (BSD 2-Clause). */
    .section .rodata
    .globl screen_font, screen_font_end
    .type   screen_font, @object
screen_font:
    .incbin FONT
    .size   screen_font, . - screen_font
screen_font_end:

    .section .note.GNU-stack, "", @progbits
