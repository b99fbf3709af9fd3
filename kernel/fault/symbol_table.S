/* The symbol table that scripts/make-symbols made of the kernel's first link; kernel.lds places it. */
    .section .symbols, "a", @progbits
    .incbin SYMBOL_TABLE

    .section .note.GNU-stack, "", @progbits
