/*
 * Program files as text: a good one, changed. Each tests/host/programs/NAME.elf is one case; a line is a word and its
 * values, `#` begins a comment.
 *
 *   header FIELD VALUE      a field of the ELF header, by its name in <elf.h>; e_ident[N] is a byte
 *   program N FIELD VALUE   a field of program header N: 0 text, 1 constants, 2 data, 3 stack
 *   bytes N                 the file is so long: cut, or zeros added
 *   repeat N COUNT STEP     all it has are COUNT copies of program header N, at the file's end, each STEP bytes higher
 *   refused SENTENCE        the reason, whole
 *   pages FILE COPY OWN     it is good, and its memory is made of so many pages of each source
 */
#ifndef TESTS_ELF_FILE_H
#define TESTS_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/compiler.h"
#include "lib/elf_program.h"

#define ELF_FILE_BYTES   0x2d80 /* of the good file */
#define ELF_FILE_HEADERS 4
#define ELF_FILE_TEXT    UINT64_C(0x401000)
#define ELF_FILE_LINE    300

struct elf_file {
    uint8_t *bytes; /* from malloc, of exactly size_bytes */
    size_t size_bytes;
    char refused[ELF_FILE_LINE]; /* empty: it is good */
    unsigned long pages[3];      /* by enum elf_page_source */
};

/* The kernel's own, but for the memory, which is a machine's. */
static const struct elf_program_limits elf_file_limits = {.user_end = UINT64_C(0x7ffffffff000),
                                                          .stack_guard = UINT64_C(0x7ffffffee000),
                                                          .memory_bytes = 64 * MIB};

static inline void elf_file_make_good(struct elf_file *file)
{
    static const Elf64_Ehdr header = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_SYSV},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_entry = ELF_FILE_TEXT + 0x10,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = ELF_FILE_HEADERS};
    /* type, flags, offset, two addresses, bytes in the file and in memory, alignment */
    static const Elf64_Phdr program[ELF_FILE_HEADERS] = {
        {PT_LOAD, PF_R | PF_X, 0x1000, ELF_FILE_TEXT, 0, 0x1800, 0x1800, 0x1000},
        {PT_LOAD, PF_R, 0x2800, ELF_FILE_TEXT + 0x2800, 0, 0x400, 0x400, 0x1000},
        {PT_LOAD, PF_R | PF_W, 0x2c00, ELF_FILE_TEXT + 0x4c00, 0, 0x180, 0x2180, 0x1000},
        {PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16}};

    *file = (struct elf_file){.bytes = malloc(ELF_FILE_BYTES), .size_bytes = ELF_FILE_BYTES};
    for (size_t i = 0; i < ELF_FILE_BYTES; i++)
        file->bytes[i] = (uint8_t)(1 + i % 251);
    memcpy(file->bytes, &header, sizeof(header));
    memcpy(file->bytes + sizeof(header), program, sizeof(program));
}

static inline void elf_file_fail(const char *what, const char *line)
{
    fprintf(stderr, "elf file: %s: %s\n", what, line);
    exit(1);
}

#define ELF_FILE_FIELD(type, field)                                                                \
    {                                                                                              \
#field, offsetof(type, field), sizeof(((type *)0)->field)                                  \
    }

static const struct elf_file_field {
    const char *name;
    size_t offset, size;
} elf_file_fields[] = {
    ELF_FILE_FIELD(Elf64_Ehdr, e_type),      ELF_FILE_FIELD(Elf64_Ehdr, e_machine),
    ELF_FILE_FIELD(Elf64_Ehdr, e_version),   ELF_FILE_FIELD(Elf64_Ehdr, e_entry),
    ELF_FILE_FIELD(Elf64_Ehdr, e_phoff),     ELF_FILE_FIELD(Elf64_Ehdr, e_ehsize),
    ELF_FILE_FIELD(Elf64_Ehdr, e_phentsize), ELF_FILE_FIELD(Elf64_Ehdr, e_phnum),
    ELF_FILE_FIELD(Elf64_Phdr, p_type),      ELF_FILE_FIELD(Elf64_Phdr, p_flags),
    ELF_FILE_FIELD(Elf64_Phdr, p_offset),    ELF_FILE_FIELD(Elf64_Phdr, p_vaddr),
    ELF_FILE_FIELD(Elf64_Phdr, p_filesz),    ELF_FILE_FIELD(Elf64_Phdr, p_memsz),
    ELF_FILE_FIELD(Elf64_Phdr, p_align)};

static inline void elf_file_set(struct elf_file *file, size_t base, const char *name,
                                uint64_t value)
{
    struct elf_file_field ident = {name, 0, 1};
    const struct elf_file_field *field = NULL;

    if (sscanf(name, "e_ident[%zu]", &ident.offset) == 1 && ident.offset < EI_NIDENT)
        field = &ident;
    for (size_t i = 0; i < ARRAY_COUNT(elf_file_fields); i++)
        if (strcmp(name, elf_file_fields[i].name) == 0)
            field = &elf_file_fields[i];
    if (!field || base + field->offset + field->size > file->size_bytes)
        elf_file_fail("there is no such field", name);
    memcpy(file->bytes + base + field->offset, &value, field->size);
}

static inline void elf_file_resize(struct elf_file *file, size_t size)
{
    file->bytes = realloc(file->bytes, size ? size : 1);
    if (size > file->size_bytes)
        memset(file->bytes + file->size_bytes, 0, size - file->size_bytes);
    file->size_bytes = size;
}

static inline void elf_file_repeat(struct elf_file *file, size_t number, size_t count, ssize_t step)
{
    size_t at = file->size_bytes;
    Elf64_Phdr header;

    memcpy(&header, file->bytes + sizeof(Elf64_Ehdr) + number * sizeof(header), sizeof(header));
    elf_file_resize(file, at + count * sizeof(header));
    for (size_t i = 0; i < count; i++, header.p_vaddr += (uint64_t)step)
        memcpy(file->bytes + at + i * sizeof(header), &header, sizeof(header));
    elf_file_set(file, 0, "e_phoff", at);
    elf_file_set(file, 0, "e_phnum", count);
}

static inline void elf_file_apply(struct elf_file *file, const char *line)
{
    char field[32], value[32];
    size_t number, count;
    ssize_t step;

    if (sscanf(line, "header %31s %31s", field, value) == 2)
        elf_file_set(file, 0, field, strtoull(value, NULL, 0));
    else if (sscanf(line, "program %zu %31s %31s", &number, field, value) == 3)
        elf_file_set(file, sizeof(Elf64_Ehdr) + number * sizeof(Elf64_Phdr), field,
                     strtoull(value, NULL, 0));
    else if (sscanf(line, "bytes %31s", value) == 1)
        elf_file_resize(file, strtoull(value, NULL, 0));
    else if (sscanf(line, "repeat %zu %zu %zi", &number, &count, &step) == 3)
        elf_file_repeat(file, number, count, step);
    else if (sscanf(line, "pages %lu %lu %lu", &file->pages[ELF_PAGE_FILE],
                    &file->pages[ELF_PAGE_COPY], &file->pages[ELF_PAGE_OWN]) != 3 &&
             sscanf(line, "refused %299[^\n]", file->refused) != 1)
        elf_file_fail("this is no line of such a file", line);
}

/* Reads a case. Whoever calls frees file->bytes. */
static inline void elf_file_read(struct elf_file *file, const char *path)
{
    FILE *stream = fopen(path, "r");
    char line[ELF_FILE_LINE];

    if (!stream)
        elf_file_fail("it cannot be read", path);
    elf_file_make_good(file);
    while (fgets(line, sizeof(line), stream))
        if (line[0] != '#' && line[0] != '\n')
            elf_file_apply(file, line);
    fclose(stream);
}

#endif
