/*
 * A program's ELF file, checked for an address space of its own, and taken apart into the pages of its memory. Pure
 * parser: bytes in, structures out, no hardware, no allocation. The file's format is lib/elf_image.h's business;
 * here is what ring 3 adds to it.
 */
#ifndef LIB_ELF_PROGRAM_H
#define LIB_ELF_PROGRAM_H

#include "lib/elf_image.h"

/* Where a program may lie, and how large it may be. */
struct elf_program_limits {
    vaddr_t user_end;    /* of the user half, page-aligned */
    vaddr_t stack_guard; /* page-aligned; from here to user_end is the stack with its guard page */
    uint64_t memory_bytes; /* what its pages may take together */
};

/*
 * NULL, and fills `out`, when the file can become a program; else a plain constant sentence that names what is
 * wrong, with *out zeroed. Refused is what elf_image_read() refuses, and segments that are not canonical, lie in
 * the kernel's half, past the end of the user half or over the stack, zeros that could not be written, and more memory
 * than allowed.
 */
const char *elf_program_read(struct elf_image *out, const void *bytes, size_t size_bytes,
                             const struct elf_program_limits *limits);

enum elf_page_source {
    ELF_PAGE_OWN,  /* writable: each instance has its own */
    ELF_PAGE_FILE, /* a page of the file just as it is, at file_offset; all instances share it */
    ELF_PAGE_COPY, /* to be made once, and shared */
};

struct elf_page {
    vaddr_t virt;
    bool writable, executable;
    enum elf_page_source source;
    uint64_t file_offset; /* a multiple of the page size; for ELF_PAGE_FILE */
};

/*
 * The page of lowest address at `from` or above, page-aligned, among those that are writable or those that are not;
 * false when there is none. Begin with 0 and go on with virt + PAGE_SIZE.
 */
bool elf_program_next_page(const struct elf_image *program, bool writable, vaddr_t from,
                           struct elf_page *page);

/* How many pages are ELF_PAGE_COPY: at most two for each segment. */
uint64_t elf_program_copy_count(const struct elf_image *program);

/* Writes what the program finds at the page: the bytes of its segments there, zeros everywhere else. */
void elf_program_fill_page(const struct elf_image *program, const void *file, vaddr_t virt,
                           uint8_t page[PAGE_SIZE]);

#endif
