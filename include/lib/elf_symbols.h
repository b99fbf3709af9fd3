/*
 * Names for a program's addresses, from the symbol table of its ELF file. Pure parser: no hardware, no allocation, any
 * context. Nothing in the file is trusted, and it may lie at any address. Source: System V ABI, "Sections", "String
 * Table", "Symbol Table".
 */
#ifndef LIB_ELF_SYMBOLS_H
#define LIB_ELF_SYMBOLS_H

#include "lib/slice.h"
#include "lib/types.h"

#define ELF_SYMBOL_NAME_MAX 63 /* characters */

/* Parts of the file, all of them inside it. All zero: nothing has a name. */
struct elf_symbols {
    const uint8_t *sections;
    size_t section_count;
    const uint8_t *symbols;
    size_t symbol_count; /* with the first one, which stands for none */
    const char *strings;
    size_t string_bytes;
};

/*
 * NULL, and fills `out`, when the file has symbols that can be read; the bytes must stay, unchanged, as long as they
 * are used. Else a plain constant sentence that says why not ("it has no symbols"), with *out zeroed. Of several
 * symbol tables the first counts.
 */
const char *elf_symbols_read(struct elf_symbols *out, const void *bytes, size_t size_bytes);

/*
 * The function that `address` lies in, and how far into it. Functions are symbols of type function, or of none, as
 * assembly leaves them, in an executable section. One with a size ends there, one without where the next begins or its
 * section ends; of several the one that begins last, of those that begin together one with a size. False: there is
 * none, or its name is not 1 to ELF_SYMBOL_NAME_MAX printable ASCII characters. Reads every symbol once.
 */
bool elf_symbols_find(const struct elf_symbols *symbols, vaddr_t address, struct slice *name,
                      uint64_t *offset);

#endif
