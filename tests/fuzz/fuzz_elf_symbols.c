/*
 * Any bytes as a program's file whose symbols are read. What is taken lies in the file; a name that is found is sound,
 * and belongs to a symbol that begins where the offset says.
 */
#include <elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/elf_symbols.h"

#define SYMBOLS_MAX 32 /* whose addresses are looked up */

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static Elf64_Sym read_symbol(const struct elf_symbols *symbols, size_t number)
{
    Elf64_Sym symbol;

    memcpy(&symbol, symbols->symbols + number * sizeof(symbol), sizeof(symbol));
    return symbol;
}

static void check_inside(const void *part, uint64_t bytes, const uint8_t *file, size_t size)
{
    check((const uint8_t *)part >= file && (const uint8_t *)part <= file + size);
    check(bytes <= (uint64_t)(file + size - (const uint8_t *)part));
}

static bool begins_there(const struct elf_symbols *symbols, vaddr_t start, struct slice name)
{
    for (size_t i = 1; i < symbols->symbol_count; i++) {
        Elf64_Sym symbol = read_symbol(symbols, i);

        if (symbol.st_value == start && symbols->strings + symbol.st_name == name.text)
            return true;
    }
    return false;
}

static void look_up(const struct elf_symbols *symbols, vaddr_t address)
{
    struct slice name;
    uint64_t offset;

    if (!elf_symbols_find(symbols, address, &name, &offset))
        return;
    check_inside(name.text, name.length + 1, (const uint8_t *)symbols->strings,
                 symbols->string_bytes);
    check(name.length > 0 && name.length <= ELF_SYMBOL_NAME_MAX && name.text[name.length] == '\0');
    for (size_t i = 0; i < name.length; i++)
        check(name.text[i] >= ' ' && name.text[i] <= '~');
    check(offset <= address && begins_there(symbols, address - offset, name));
}

/* The file in a block of exactly its size. */
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    uint8_t *file = malloc(size ? size : 1);
    struct elf_symbols symbols;

    if (size > 0)
        memcpy(file, input, size);
    if (elf_symbols_read(&symbols, file, size) == NULL) {
        check_inside(symbols.sections, symbols.section_count * sizeof(Elf64_Shdr), file, size);
        check_inside(symbols.symbols, symbols.symbol_count * sizeof(Elf64_Sym), file, size);
        check_inside(symbols.strings, symbols.string_bytes, file, size);
        for (size_t i = 0; i < symbols.symbol_count && i < SYMBOLS_MAX; i++) {
            Elf64_Sym symbol = read_symbol(&symbols, i);

            look_up(&symbols, symbol.st_value);
            look_up(&symbols, symbol.st_value - 1);
            look_up(&symbols, symbol.st_value + symbol.st_size);
            look_up(&symbols, symbol.st_value + symbol.st_size - 1);
        }
    }
    free(file);
    return 0;
}
