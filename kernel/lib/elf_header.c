/* The header of an ELF file: System V ABI, "ELF header". It may lie at any address, so it is copied out. */
#include "elf_internal.h"
#include "lib/string.h"

static const char *check_ident(const unsigned char *ident)
{
    if (memcmp(ident, ELFMAG, SELFMAG) != 0)
        return "the magic number is not ELF's";
    if (ident[EI_CLASS] != ELFCLASS64)
        return "it is not a 64-bit file";
    if (ident[EI_DATA] != ELFDATA2LSB)
        return "it is not little-endian";
    if (ident[EI_VERSION] != EV_CURRENT)
        return "the identification's version is not 1";
    if (ident[EI_OSABI] != ELFOSABI_SYSV && ident[EI_OSABI] != ELFOSABI_GNU)
        return "it was made for another operating system";
    return NULL;
}

static const char *check_header(const Elf64_Ehdr *header)
{
    const char *problem = check_ident(header->e_ident);

    if (problem)
        return problem;
    if (header->e_version != EV_CURRENT)
        return "the file's version is not 1";
    if (header->e_type != ET_EXEC)
        return "it is not a statically linked executable";
    if (header->e_machine != EM_X86_64)
        return "it is not for x86-64";
    if (header->e_ehsize != sizeof(Elf64_Ehdr))
        return "the header's size is wrong";
    return NULL;
}

const char *elf_header_read(Elf64_Ehdr *header, const void *bytes, size_t size_bytes)
{
    if (size_bytes < sizeof(*header))
        return "it is shorter than an ELF header";
    memcpy(header, bytes, sizeof(*header));
    return check_header(header);
}
