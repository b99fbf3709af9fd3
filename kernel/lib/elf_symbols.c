/*
 * elf_symbols_read() makes sure that the section headers, the symbols and their names lie in the file. What a symbol
 * says is checked where it is used, each time: a section that does not exist, or a name that does not end, belongs to
 * that symbol alone. Section headers and symbols are copied out, since they may lie at any address.
 */
#include "lib/elf_symbols.h"

#include "elf_internal.h"
#include "lib/string.h"

/* ---- Reading ---- */

static const char *find_sections(struct elf_symbols *out, const uint8_t *bytes, size_t size_bytes)
{
    Elf64_Ehdr header;
    const char *problem = elf_header_read(&header, bytes, size_bytes);

    if (problem)
        return problem;
    if (header.e_shentsize != sizeof(Elf64_Shdr))
        return "the size of a section header is wrong";
    /* From SHN_LORESERVE on, numbers of sections mean something else. */
    if (header.e_shnum == 0 || header.e_shnum >= SHN_LORESERVE)
        return "it has no or too many sections";
    if (header.e_shoff < sizeof(header))
        return "the section headers lie inside the header";
    if (!elf_is_in_file(header.e_shoff, header.e_shnum * sizeof(Elf64_Shdr), size_bytes))
        return "the section headers end past the end of the file";
    out->sections = bytes + header.e_shoff;
    out->section_count = header.e_shnum;
    return NULL;
}

/* The section must exist. */
static Elf64_Shdr read_section(const struct elf_symbols *symbols, size_t number)
{
    Elf64_Shdr section;

    memcpy(&section, symbols->sections + number * sizeof(section), sizeof(section));
    return section;
}

static const char *take_strings(struct elf_symbols *out, size_t number, const uint8_t *bytes,
                                size_t size_bytes)
{
    Elf64_Shdr section;

    if (number >= out->section_count)
        return "the symbols' names are in a section that does not exist";
    section = read_section(out, number);
    if (section.sh_type != SHT_STRTAB)
        return "the symbols' names are not in a string table";
    if (!elf_is_in_file(section.sh_offset, section.sh_size, size_bytes))
        return "the symbols' names end past the end of the file";
    out->strings = (const char *)bytes + section.sh_offset;
    out->string_bytes = section.sh_size;
    return NULL;
}

static const char *take_symbols(struct elf_symbols *out, const Elf64_Shdr *section,
                                const uint8_t *bytes, size_t size_bytes)
{
    if (section->sh_entsize != sizeof(Elf64_Sym))
        return "the size of a symbol is wrong";
    if (!elf_is_in_file(section->sh_offset, section->sh_size, size_bytes))
        return "the symbols end past the end of the file";
    if (section->sh_size % sizeof(Elf64_Sym) != 0)
        return "the last symbol is incomplete";
    if (section->sh_size <= sizeof(Elf64_Sym))
        return "it has no symbols";
    out->symbols = bytes + section->sh_offset;
    out->symbol_count = section->sh_size / sizeof(Elf64_Sym);
    return take_strings(out, section->sh_link, bytes, size_bytes);
}

static const char *find_symbols(struct elf_symbols *out, const uint8_t *bytes, size_t size_bytes)
{
    const char *problem = find_sections(out, bytes, size_bytes);

    if (problem)
        return problem;
    for (size_t i = 0; i < out->section_count; i++) {
        Elf64_Shdr section = read_section(out, i);

        if (section.sh_type == SHT_SYMTAB)
            return take_symbols(out, &section, bytes, size_bytes);
    }
    return "it has no symbols";
}

const char *elf_symbols_read(struct elf_symbols *out, const void *bytes, size_t size_bytes)
{
    const char *problem;

    memset(out, 0, sizeof(*out));
    problem = find_symbols(out, bytes, size_bytes);
    if (problem)
        memset(out, 0, sizeof(*out));
    return problem;
}

/* ---- Finding ---- */

/* Whether it is a function that begins at the address or below, both in the same section. */
static bool is_function_before(const struct elf_symbols *symbols, const Elf64_Sym *symbol,
                               vaddr_t address)
{
    const Elf64_Xword code = SHF_ALLOC | SHF_EXECINSTR;
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    Elf64_Shdr section;

    if ((type != STT_FUNC && type != STT_NOTYPE) || symbol->st_value > address ||
        symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= symbols->section_count)
        return false;
    section = read_section(symbols, symbol->st_shndx);
    return (section.sh_flags & code) == code && symbol->st_value >= section.sh_addr &&
           address - section.sh_addr < section.sh_size;
}

/* An undefined symbol stands for none. */
static void keep_later(Elf64_Sym *kept, const Elf64_Sym *symbol)
{
    if (kept->st_shndx == SHN_UNDEF || symbol->st_value > kept->st_value ||
        (symbol->st_value == kept->st_value && kept->st_size == 0))
        *kept = *symbol;
}

static bool read_name(const struct elf_symbols *symbols, size_t at, struct slice *name)
{
    size_t limit = ELF_SYMBOL_NAME_MAX + 1;

    if (at >= symbols->string_bytes)
        return false;
    if (limit > symbols->string_bytes - at)
        limit = symbols->string_bytes - at;
    name->text = symbols->strings + at;
    name->length = strnlen(name->text, limit);
    if (name->length == 0 || name->length == limit)
        return false;
    for (size_t i = 0; i < name->length; i++) {
        if (name->text[i] < ' ' || name->text[i] > '~')
            return false;
    }
    return true;
}

/* A symbol without a size reaches to the next one, so that it counts only when it is the last. */
bool elf_symbols_find(const struct elf_symbols *symbols, vaddr_t address, struct slice *name,
                      uint64_t *offset)
{
    Elf64_Sym last = {.st_shndx = SHN_UNDEF}, around = last, symbol;

    for (size_t i = 1; i < symbols->symbol_count; i++) {
        memcpy(&symbol, symbols->symbols + i * sizeof(symbol), sizeof(symbol));
        if (!is_function_before(symbols, &symbol, address))
            continue;
        keep_later(&last, &symbol);
        if (address - symbol.st_value < symbol.st_size)
            keep_later(&around, &symbol);
    }
    if (last.st_size > 0)
        last = around;
    *offset = address - last.st_value;
    return last.st_shndx != SHN_UNDEF && read_name(symbols, last.st_name, name);
}
