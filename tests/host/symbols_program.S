/*
 * A program whose symbols are all that matters: test_elf_symbols.c knows what each byte of it is called. Linked with
 * .text at 0x401000 and .cold at 0x402000.
 */
    .macro function name, bytes
    .globl \name
    .type \name, @function
\name:
    .skip \bytes, 0x90
    .size \name, \bytes
    .endm

    .file "symbols_program.S"
    .text
    .skip 0x10, 0x90        /* 401000: before the first symbol */
    .globl _start
_start:                     /* 401010: as assembly leaves it, without type and size */
    .skip 0x10, 0x90
before_sized:               /* 401020: begins where `sized` does, which has a size */
    function sized, 0x20
    .skip 0x10, 0x90        /* 401040: behind the end of `sized` */
outer:                      /* 401050: a function with another and a label in it */
    .type outer, @function
    .skip 0x8, 0x90
    function nested, 0x8    /* 401058 */
    .skip 0x8, 0x90         /* 401060: `outer` again */
inner_label:                /* 401068: up to the next symbol */
    .skip 0x8, 0x90
    .size outer, . - outer
    .set absolute, 0x401074 /* in no section */
    .skip 0x8, 0x90         /* 401070: behind `outer`, and `inner_label` still */
    function name_of_63_characters_which_is_as_long_as_a_name_can_be_to_tell, 0x8
    function name_of_64_characters_which_is_one_more_than_a_name_can_have_now, 0x8
    .type unsized, @function
unsized:                    /* 401088: to the end of .text */
    .skip 0x10, 0x90

    .section .cold, "ax", @progbits
    .skip 0x4, 0x90         /* 402000: before the first symbol of its section */
    function cold, 0xc      /* 402004 */

    .data
    .type variable, @object
variable:
    .quad 1
    .size variable, 8
label_in_data:
    function function_in_data, 0x8

    .weak elsewhere         /* undefined */
    .quad elsewhere

    .section .note.GNU-stack, "", @progbits
