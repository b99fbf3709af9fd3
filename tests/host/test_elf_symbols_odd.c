/*
 * Names from a file in which one symbol, its section or its name is odd: each reason to pass over a symbol, and what the
 * address is called then.
 */
#include "symbols_program.h"

static struct oddity {
    const char *name;
    size_t offset, size; /* of the field */
    uint64_t value;
    const char *told; /* about 0x401024 */
} oddities[] = {
    {"a variable", FIELD_OF(Elf64_Sym, st_info), STT_OBJECT, "before_sized+4"},
    {"of another section", FIELD_OF(Elf64_Sym, st_shndx), COLD, "before_sized+4"},
    {"of a section with data", FIELD_OF(Elf64_Sym, st_shndx), DATA, "before_sized+4"},
    {"of the last section and one", FIELD_OF(Elf64_Sym, st_shndx), SECTIONS, "before_sized+4"},
    {"of no section", FIELD_OF(Elf64_Sym, st_shndx), SHN_XINDEX, "before_sized+4"},
    {"undefined", FIELD_OF(Elf64_Sym, st_shndx), SHN_UNDEF, "before_sized+4"},
    {"before its section", FIELD_OF(Elf64_Sym, st_value), 0x400fff, "before_sized+4"},
    {"later", FIELD_OF(Elf64_Sym, st_value), 0x401025, "before_sized+4"},
    {"just now", FIELD_OF(Elf64_Sym, st_value), 0x401024, "sized+0"},
    {"too short by one", FIELD_OF(Elf64_Sym, st_size), 4, "nothing"},
    {"just long enough", FIELD_OF(Elf64_Sym, st_size), 5, "sized+4"},
    {"longer than memory", FIELD_OF(Elf64_Sym, st_size), UINT64_MAX, "sized+4"},
    {"a name far away", FIELD_OF(Elf64_Sym, st_name), UINT32_MAX, "nothing"},
    {"no name", FIELD_OF(Elf64_Sym, st_name), 0, "nothing"},
};

static void is_told(void **state)
{
    const struct oddity *row = *state;
    struct elf_symbols symbols;
    uint8_t *block;

    read_program();
    memcpy((uint8_t *)symbol_called("sized") + row->offset, &row->value, row->size);
    assert_null(read_part(&symbols, program.size, &block));
    assert_string_equal(tell(&symbols, 0x401024), row->told);
    free(block);
}

/* It must reach so far both ways, be code, and be in memory. */
static void the_section_decides(void **state)
{
    struct elf_symbols symbols;

    (void)state;
    read_program();
    assert_null(elf_symbols_read(&symbols, program.bytes, program.size));
    program.sections[TEXT].sh_size = 0x24;
    assert_string_equal(tell(&symbols, 0x401024), "nothing");
    assert_string_equal(tell(&symbols, 0x401023), "sized+3");
    program.sections[TEXT].sh_flags = SHF_ALLOC;
    assert_string_equal(tell(&symbols, 0x401023), "nothing");
    program.sections[TEXT].sh_flags = SHF_EXECINSTR;
    assert_string_equal(tell(&symbols, 0x401023), "nothing");
    program.sections[TEXT].sh_flags |= SHF_ALLOC;
    symbol_called("sized")->st_value = 0x400fff;
    assert_string_equal(tell(&symbols, 0x401004), "nothing");
}

/* The first symbol and undefined ones stand for none, even where they look like functions. */
static void what_stands_for_none_has_no_name(void **state)
{
    struct elf_symbols symbols;
    char *strings;

    (void)state;
    read_program();
    assert_null(elf_symbols_read(&symbols, program.bytes, program.size));
    program.symbols[0] = *symbol_called("nested");
    program.symbols[0].st_value = 0x401023;
    assert_string_equal(tell(&symbols, 0x401024), "sized+4");
    program.sections[0] = program.sections[TEXT];
    symbol_called("sized")->st_shndx = SHN_UNDEF;
    assert_string_equal(tell(&symbols, 0x401024), "before_sized+4");
    strings = (char *)program.bytes + program.sections[STRTAB].sh_offset;
    strings[0] = 'x';
    assert_string_equal(tell(&symbols, 0x401004), "nothing");
}

/* Names up to the end of the string table, which is the end of the file: with a NUL there, and without. */
static void names_end_with_the_strings(void **state)
{
    static const char unprintable[] = {1, 0x1f, 0x7f, (char)0x80, (char)0xff};
    struct elf_symbols symbols;
    Elf64_Shdr *strtab;
    Elf64_Sym *sized;
    uint8_t *block;

    (void)state;
    read_program();
    sized = symbol_called("sized");
    strtab = &program.sections[STRTAB];
    strtab->sh_offset = program.size;
    strtab->sh_size = 4;
    memcpy(program.bytes + program.size, "\0 ~", 4);
    program.size += 4;
    sized->st_name = 1;
    assert_null(read_part(&symbols, program.size, &block));
    assert_string_equal(tell(&symbols, 0x401024), " ~+4");
    free(block);
    program.bytes[program.size - 1] = 'x';
    assert_null(read_part(&symbols, program.size, &block));
    assert_string_equal(tell(&symbols, 0x401024), "nothing");
    free(block);
    program.bytes[program.size - 1] = '\0';
    for (size_t i = 0; i < sizeof(unprintable); i++) {
        program.bytes[program.size - 2] = (uint8_t)unprintable[i];
        assert_null(read_part(&symbols, program.size, &block));
        assert_string_equal(tell(&symbols, 0x401024), "nothing");
        free(block);
    }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, is_told, oddities);
    HOST_ADD(&tests, the_section_decides);
    HOST_ADD(&tests, what_stands_for_none_has_no_name);
    HOST_ADD(&tests, names_end_with_the_strings);
    return host_tests_run(&tests, "elf symbols, odd ones");
}
