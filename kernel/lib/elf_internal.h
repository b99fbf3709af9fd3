/* What the readers of ELF files share. */
#ifndef KERNEL_LIB_ELF_INTERNAL_H
#define KERNEL_LIB_ELF_INTERNAL_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * NULL, and *header is a copy of the file's header, when the file is a static executable for x86-64; else a plain
 * constant sentence. Where its tables lie is not checked.
 */
const char *elf_header_read(Elf64_Ehdr *header, const void *bytes, size_t size_bytes);

/* Whether `bytes` from `offset` on lie in a file of size_bytes, without a sum: it could wrap. */
static inline bool elf_is_in_file(uint64_t offset, uint64_t bytes, size_t size_bytes)
{
    return offset <= size_bytes && bytes <= size_bytes - offset;
}

#endif
