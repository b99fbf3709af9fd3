/*
 * Names of a program's addresses: each byte of a real program has the name that its source gives it, and nothing else
 * has one. Then the same with something wrong: each reason to refuse the file. One symbol alone that is odd:
 * test_elf_symbols_odd.c; any damage: test_elf_symbols_damaged.c.
 */
#include "symbols_program.h"

#define LONGEST_NAME "name_of_63_characters_which_is_as_long_as_a_name_can_be_to_tell"

/* ---- What is there ---- */

static const struct {
    vaddr_t start, end;
    const char *name; /* NULL: none */
    vaddr_t base;     /* where the offset is 0 */
} expected[] = {
    {0x400f00, 0x401010, NULL, 0},
    {0x401010, 0x401020, "_start", 0x401010},
    {0x401020, 0x401040, "sized", 0x401020},
    {0x401040, 0x401050, NULL, 0},
    {0x401050, 0x401058, "outer", 0x401050},
    {0x401058, 0x401060, "nested", 0x401058},
    {0x401060, 0x401068, "outer", 0x401050},
    {0x401068, 0x401078, "inner_label", 0x401068},
    {0x401078, 0x401080, LONGEST_NAME, 0x401078},
    {0x401080, 0x401088, NULL, 0},
    {0x401088, 0x401098, "unsized", 0x401088},
    {0x401098, 0x402004, NULL, 0},
    {0x402004, 0x402010, "cold", 0x402004},
    {0x402010, 0x402200, NULL, 0},
    {0, 0x200, NULL, 0},
    {UINT64_MAX - 0x200, UINT64_MAX, NULL, 0},
};

static void assert_every_name(void)
{
    struct elf_symbols symbols;
    uint8_t *block;

    for (size_t unaligned = 0; unaligned < 16; unaligned++) {
        const uint8_t *copy = guarded_copy(&block, program.bytes, program.size, unaligned);

        assert_null(elf_symbols_read(&symbols, copy, program.size));
        for (size_t i = 0; i < ARRAY_COUNT(expected); i++)
            for (vaddr_t at = expected[i].start; at < expected[i].end; at++) {
                char wanted[100] = "nothing";

                if (expected[i].name)
                    snprintf(wanted, sizeof(wanted), "%s+%llx", expected[i].name,
                             (unsigned long long)(at - expected[i].base));
                assert_string_equal(tell(&symbols, at), wanted);
            }
        free(block);
    }
}

/* In any order of the symbols; the first one stands for none and stays. */
static void every_byte_has_its_name(void **state)
{
    (void)state;
    read_program();
    assert_every_name();
    for (size_t low = 1, high = program.symbol_count - 1; low < high; low++, high--) {
        Elf64_Sym symbol = program.symbols[low];

        program.symbols[low] = program.symbols[high];
        program.symbols[high] = symbol;
    }
    assert_every_name();
}

/* ---- What is refused ---- */

/* What a field is in: the section header of that number, or the header. */
#define HEADER SECTIONS

static struct refusal {
    const char *name;
    unsigned place;
    size_t offset, size; /* of the field */
    uint64_t value;
    const char *problem;
} refusals[] = {
    {"another machine", HEADER, FIELD_OF(Elf64_Ehdr, e_machine), EM_386, "it is not for x86-64"},
    {"a section header's size", HEADER, FIELD_OF(Elf64_Ehdr, e_shentsize), 63,
     "the size of a section header is wrong"},
    {"no sections", HEADER, FIELD_OF(Elf64_Ehdr, e_shnum), 0, "it has no or too many sections"},
    {"too many sections", HEADER, FIELD_OF(Elf64_Ehdr, e_shnum), SHN_LORESERVE,
     "it has no or too many sections"},
    {"sections in the header", HEADER, FIELD_OF(Elf64_Ehdr, e_shoff), sizeof(Elf64_Ehdr) - 1,
     "the section headers lie inside the header"},
    {"one section more", HEADER, FIELD_OF(Elf64_Ehdr, e_shnum), SECTIONS + 1,
     "the section headers end past the end of the file"},
    {"sections far away", HEADER, FIELD_OF(Elf64_Ehdr, e_shoff), UINT64_MAX - 63,
     "the section headers end past the end of the file"},
    {"stripped", SYMTAB, FIELD_OF(Elf64_Shdr, sh_type), SHT_PROGBITS, "it has no symbols"},
    {"a symbol's size", SYMTAB, FIELD_OF(Elf64_Shdr, sh_entsize), 16,
     "the size of a symbol is wrong"},
    {"a symbol's size of 0", SYMTAB, FIELD_OF(Elf64_Shdr, sh_entsize), 0,
     "the size of a symbol is wrong"},
    {"symbols far away", SYMTAB, FIELD_OF(Elf64_Shdr, sh_offset), UINT64_MAX - 23,
     "the symbols end past the end of the file"},
    {"very many symbols", SYMTAB, FIELD_OF(Elf64_Shdr, sh_size), UINT64_MAX - 15,
     "the symbols end past the end of the file"},
    {"a part of a symbol", SYMTAB, FIELD_OF(Elf64_Shdr, sh_size), 47,
     "the last symbol is incomplete"},
    {"no symbol", SYMTAB, FIELD_OF(Elf64_Shdr, sh_size), 0, "it has no symbols"},
    {"the first symbol alone", SYMTAB, FIELD_OF(Elf64_Shdr, sh_size), 24, "it has no symbols"},
    {"names nowhere", SYMTAB, FIELD_OF(Elf64_Shdr, sh_link), SECTIONS,
     "the symbols' names are in a section that does not exist"},
    {"names nowhere, far away", SYMTAB, FIELD_OF(Elf64_Shdr, sh_link), UINT32_MAX,
     "the symbols' names are in a section that does not exist"},
    {"names in the symbols", SYMTAB, FIELD_OF(Elf64_Shdr, sh_link), SYMTAB,
     "the symbols' names are not in a string table"},
    {"names far away", STRTAB, FIELD_OF(Elf64_Shdr, sh_offset), UINT64_MAX,
     "the symbols' names end past the end of the file"},
    {"very many names", STRTAB, FIELD_OF(Elf64_Shdr, sh_size), UINT64_MAX,
     "the symbols' names end past the end of the file"},
};

static uint8_t *place_of(unsigned place)
{
    return place == HEADER ? program.bytes : (uint8_t *)&program.sections[place];
}

static void is_refused(void **state)
{
    static const struct elf_symbols nothing;
    const struct refusal *row = *state;
    struct elf_symbols symbols;
    uint8_t *block;

    read_program();
    memcpy(place_of(row->place) + row->offset, &row->value, row->size);
    assert_string_equal(read_part(&symbols, program.size, &block), row->problem);
    assert_memory_equal(&symbols, &nothing, sizeof(nothing));
    assert_string_equal(tell(&symbols, 0x401010), "nothing");
    free(block);
}

/* In the last section too; of two, the first counts. */
static void the_symbol_table_is_found(void **state)
{
    Elf64_Shdr *last;
    struct elf_symbols symbols;

    (void)state;
    read_program();
    last = &program.sections[SECTIONS - 1];
    *last = program.sections[SYMTAB];
    last->sh_link = SECTIONS;
    assert_null(elf_symbols_read(&symbols, program.bytes, program.size));
    last->sh_link = STRTAB;
    program.sections[SYMTAB].sh_type = SHT_NULL;
    assert_null(elf_symbols_read(&symbols, program.bytes, program.size));
    assert_string_equal(tell(&symbols, 0x401024), "sized+4");
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, every_byte_has_its_name);
    HOST_ADD_ROWS(&tests, is_refused, refusals);
    HOST_ADD(&tests, the_symbol_table_is_found);
    return host_tests_run(&tests, "elf symbols");
}
