/* The kernel, as scripts/embed-kernel wrapped it, a program for ring 3, the names of the faults, and the font for the last words of late.c. */
    .section .rodata
    .balign 8
    .globl embedded_kernel, embedded_kernel_end
embedded_kernel:
    .incbin EMBEDDED_KERNEL
embedded_kernel_end:

    .globl embedded_demo, embedded_demo_end
embedded_demo:
    .incbin EMBEDDED_DEMO
embedded_demo_end:

    .globl late_font, late_font_end
late_font:
    .incbin FONT
late_font_end:

    .globl fault_names, fault_names_end
fault_names:
    .incbin FAULT_NAMES
fault_names_end:

    .section .note.GNU-stack, "", @progbits
