/*
 * A real program with symbols, from assembler and linker (symbols_program.S), to be changed by tests, and what its
 * addresses are called then.
 */
#ifndef TESTS_SYMBOLS_PROGRAM_H
#define TESTS_SYMBOLS_PROGRAM_H

#include <elf.h>

#include "host_test.h"
#include "lib/elf_symbols.h"

#define PROGRAM_MAX 4096
#define SECTIONS    7
#define TEXT        1 /* numbers of sections */
#define COLD        2
#define DATA        3
#define SYMTAB      4
#define STRTAB      5

/* Where a field is, and how large. */
#define FIELD_OF(structure, field) offsetof(structure, field), sizeof(((structure *)0)->field)

struct program {
    uint8_t bytes[PROGRAM_MAX] ALIGNED(8);
    size_t size;
    Elf64_Ehdr *header;
    Elf64_Shdr *sections;
    Elf64_Sym *symbols;
    size_t symbol_count;
};

static struct program program;

static inline void read_program(void)
{
    FILE *file = fopen("build/host/symbols_program", "rb");

    assert_non_null(file);
    program.size = fread(program.bytes, 1, PROGRAM_MAX, file);
    fclose(file);
    program.header = (Elf64_Ehdr *)program.bytes;
    program.sections = (Elf64_Shdr *)(program.bytes + program.header->e_shoff);
    assert_int_equal(program.header->e_shnum, SECTIONS);
    assert_int_equal(program.sections[SYMTAB].sh_type, SHT_SYMTAB);
    assert_int_equal(program.sections[SYMTAB].sh_link, STRTAB);
    program.symbols = (Elf64_Sym *)(program.bytes + program.sections[SYMTAB].sh_offset);
    program.symbol_count = program.sections[SYMTAB].sh_size / sizeof(Elf64_Sym);
}

/* The name must be sound, whatever the file. */
static inline const char *tell(const struct elf_symbols *symbols, vaddr_t address)
{
    static char text[100];
    struct slice name;
    uint64_t offset;

    if (!elf_symbols_find(symbols, address, &name, &offset))
        return "nothing";
    assert_in_range(name.length, 1, ELF_SYMBOL_NAME_MAX);
    assert_int_equal(name.text[name.length], '\0');
    for (size_t i = 0; i < name.length; i++)
        assert_in_range(name.text[i], ' ', '~');
    assert_true(offset <= address);
    snprintf(text, sizeof(text), "%.*s+%llx", (int)name.length, name.text,
             (unsigned long long)offset);
    return text;
}

/* Reads `size` bytes of the file in a block of their own, and asks for every address of its code, and a few others. */
static inline const char *read_part(struct elf_symbols *symbols, size_t size, uint8_t **block)
{
    static const vaddr_t others[] = {0, 1, 0x402000, 0x40200f, 0x402098, UINT64_MAX};
    const uint8_t *copy = guarded_copy(block, program.bytes, size, 1);
    const char *problem;

    memset(symbols, 0xcc, sizeof(*symbols));
    problem = elf_symbols_read(symbols, copy, size);
    for (vaddr_t at = 0x400ffc; problem == NULL && at < 0x4010a0; at += 4)
        tell(symbols, at);
    for (size_t i = 0; i < ARRAY_COUNT(others); i++)
        tell(symbols, others[i]);
    return problem;
}

static inline Elf64_Sym *symbol_called(const char *name)
{
    const char *strings = (const char *)program.bytes + program.sections[STRTAB].sh_offset;

    for (size_t i = 0; i < program.symbol_count; i++)
        if (strcmp(strings + program.symbols[i].st_name, name) == 0)
            return &program.symbols[i];
    fail_msg("there is no symbol %s", name);
    return NULL;
}

#endif
