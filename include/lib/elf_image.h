/*
 * Reads a static ELF64 x86-64 executable from memory, trusting nothing in it. Pure parser: no hardware, no allocation.
 * Source: System V ABI, "ELF header", "Program header"; AMD64 supplement. Used for the embedded kernel, later for
 * programs.
 */
#ifndef LIB_ELF_IMAGE_H
#define LIB_ELF_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/types.h"

#define ELF_SEGMENTS_MAX 16

struct elf_segment {
    vaddr_t start;         /* virtual address of the first byte, p_vaddr */
    uint64_t memory_bytes; /* p_memsz, > 0; what lies behind file_bytes is zero */
    uint64_t file_bytes;   /* p_filesz, <= memory_bytes */
    uint64_t file_offset;  /* offset of the first byte in the image */
    bool readable, writable, executable;
};

struct elf_image {
    vaddr_t entry;        /* inside the file's bytes of an executable segment */
    vaddr_t start;        /* lowest segment start, rounded down to a page */
    vaddr_t end;          /* highest segment end, rounded up to a page */
    size_t segment_count; /* PT_LOAD segments, in ascending order, 1..ELF_SEGMENTS_MAX */
    struct elf_segment segments[ELF_SEGMENTS_MAX];
};

/* Where segments may lie: [low, high), and high - low may be the whole 64-bit space but for its last page. */
struct elf_limits {
    vaddr_t low;
    vaddr_t high;
};

/*
 * NULL, and fills `out`, when the image can be loaded; else a plain constant sentence that names what is wrong ("a
 * segment ends past the end of the file"), with *out zeroed. Refused are: header fields that are wrong or contradict
 * the size; segments that are empty, wrap, end past the file or the limits, overlap, are out of order, share a page
 * with one of other permissions, are not readable or both writable and executable, differ from their offset within the
 * page, or have an alignment other than a power of two from 4 KiB to 1 GiB; anything in page 0; an entry outside the
 * code; PT_INTERP, PT_DYNAMIC, PT_TLS, PT_SHLIB, an executable PT_GNU_STACK.
 */
const char *elf_image_read(struct elf_image *out, const void *bytes, size_t size_bytes,
                           const struct elf_limits *limits);

#endif
