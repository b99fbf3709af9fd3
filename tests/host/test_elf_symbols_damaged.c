/*
 * Names from damaged files: cut at every byte, every bit of the file flipped, every field at its edges, fields at random.
 * A file that is not refused may name anything, but soundly: the sanitizers watch a block of exactly the file's size,
 * and tell() checks what it names.
 */
#include "operations.h"
#include "symbols_program.h"

static size_t refused_count, taken_count;

static const char *read_damaged(size_t size)
{
    struct elf_symbols symbols;
    uint8_t *block;
    const char *problem = read_part(&symbols, size, &block);

    free(block);
    refused_count += problem != NULL;
    taken_count += problem == NULL;
    return problem;
}

/* The section headers stand last, so that none can be missing. */
static void no_truncation_is_taken(void **state)
{
    (void)state;
    read_program();
    for (size_t size = 0; size < program.size; size++)
        assert_non_null(read_damaged(size));
    assert_null(read_damaged(program.size));
}

static void every_flip(void **state)
{
    (void)state;
    read_program();
    for (size_t at = 0; at < program.size; at++) {
        for (unsigned bit = 0; bit <= 8; bit++) {
            uint8_t flip = bit == 8 ? 0xff : (uint8_t)(1 << bit);

            program.bytes[at] ^= flip;
            read_damaged(program.size);
            program.bytes[at] ^= flip;
        }
    }
    assert_null(read_damaged(program.size));
}

static const struct field {
    size_t offset, size;
} header_fields[] = {{FIELD_OF(Elf64_Ehdr, e_shoff)}, {FIELD_OF(Elf64_Ehdr, e_shentsize)},
                     {FIELD_OF(Elf64_Ehdr, e_shnum)}, {FIELD_OF(Elf64_Ehdr, e_shstrndx)},
                     {FIELD_OF(Elf64_Ehdr, e_phoff)}, {FIELD_OF(Elf64_Ehdr, e_phnum)}},
  section_fields[] = {{FIELD_OF(Elf64_Shdr, sh_type)},   {FIELD_OF(Elf64_Shdr, sh_flags)},
                      {FIELD_OF(Elf64_Shdr, sh_addr)},   {FIELD_OF(Elf64_Shdr, sh_offset)},
                      {FIELD_OF(Elf64_Shdr, sh_size)},   {FIELD_OF(Elf64_Shdr, sh_link)},
                      {FIELD_OF(Elf64_Shdr, sh_info)},   {FIELD_OF(Elf64_Shdr, sh_addralign)},
                      {FIELD_OF(Elf64_Shdr, sh_entsize)}},
  symbol_fields[] = {{FIELD_OF(Elf64_Sym, st_name)},
                     {FIELD_OF(Elf64_Sym, st_info)},
                     {FIELD_OF(Elf64_Sym, st_shndx)},
                     {FIELD_OF(Elf64_Sym, st_value)},
                     {FIELD_OF(Elf64_Sym, st_size)}};

/* 0, -1, around every power of two, around itself and around the file's size. */
static void try_edges(uint8_t *base, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t steps[] = {0, 1, 2, 7, 8, 24, 63, 64};
        uint64_t good = 0;

        memcpy(&good, base + fields[i].offset, fields[i].size);
        for (unsigned n = 0; n < 66 * 2 * ARRAY_COUNT(steps); n++) {
            uint64_t step = steps[n / 2 % ARRAY_COUNT(steps)], edge = good;
            unsigned which = n / 2 / ARRAY_COUNT(steps);

            if (which < 64)
                edge = UINT64_C(1) << which;
            else if (which == 64)
                edge = program.size;
            edge = n % 2 ? edge + step : edge - step;
            memcpy(base + fields[i].offset, &edge, fields[i].size);
            read_damaged(program.size);
        }
        memcpy(base + fields[i].offset, &good, fields[i].size);
    }
    assert_null(read_damaged(program.size));
}

static void every_field_at_its_edges(void **state)
{
    (void)state;
    read_program();
    try_edges(program.bytes, header_fields, ARRAY_COUNT(header_fields));
    for (size_t i = 0; i < SECTIONS; i++)
        try_edges((uint8_t *)&program.sections[i], section_fields, ARRAY_COUNT(section_fields));
    try_edges((uint8_t *)&program.symbols[1], symbol_fields, ARRAY_COUNT(symbol_fields));
    try_edges((uint8_t *)symbol_called("sized"), symbol_fields, ARRAY_COUNT(symbol_fields));
}

/* The last byte of the file may be used, and none behind it: symbols, names, section headers. */
static void the_files_end_is_the_limit(void **state)
{
    Elf64_Shdr *symtab, *strtab;

    (void)state;
    read_program();
    symtab = &program.sections[SYMTAB];
    strtab = &program.sections[STRTAB];
    strtab->sh_size = program.size - strtab->sh_offset;
    assert_null(read_damaged(program.size));
    strtab->sh_size++;
    assert_string_equal(read_damaged(program.size),
                        "the symbols' names end past the end of the file");
    read_program();
    symtab->sh_offset = program.size - symtab->sh_size;
    assert_null(read_damaged(program.size));
    symtab->sh_offset++;
    assert_string_equal(read_damaged(program.size), "the symbols end past the end of the file");
    read_program();
    program.header->e_shoff++;
    assert_string_equal(read_damaged(program.size),
                        "the section headers end past the end of the file");
}

/* Several fields of the tables at once, each a small number, a large one, or a bit more or less. */
static void random_damage(void **state)
{
    uint64_t seed = UINT64_C(0x5eed0011), rounds = host_operations() / 50;

    (void)state;
    read_program();
    for (uint64_t round = 0; round < rounds; round++) {
        static struct program good;

        good = program;
        for (unsigned n = 0; n < 4; n++) {
            size_t word = random_below(&seed, program.symbol_count * 3 + SECTIONS * 8);
            uint64_t *at = word < SECTIONS * 8
                               ? (uint64_t *)program.sections + word
                               : (uint64_t *)program.symbols + (word - SECTIONS * 8);
            uint64_t value[] = {random_below(&seed, program.size + 8), random_next(&seed),
                                *at + random_below(&seed, 17) - 8,
                                0x401000 + random_below(&seed, 160)};

            *at = value[random_below(&seed, ARRAY_COUNT(value))];
        }
        read_damaged(program.size);
        program = good;
    }
}

static void both_were_frequent(void **state)
{
    (void)state;
    assert_true(refused_count > 10000);
    assert_true(taken_count > 10000);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, no_truncation_is_taken);
    HOST_ADD(&tests, every_flip);
    HOST_ADD(&tests, every_field_at_its_edges);
    HOST_ADD(&tests, the_files_end_is_the_limit);
    HOST_ADD(&tests, random_damage);
    HOST_ADD(&tests, both_were_frequent);
    return host_tests_run(&tests, "elf symbols, damaged");
}
