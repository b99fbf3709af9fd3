/* The BOOTX64.EFI under test. */
    .section .rodata
    .balign 4096
    .globl image, image_end
image:
    .incbin IMAGE
image_end:

    .section .note.GNU-stack, "", @progbits
