/*
 * The ELF reader: one good image built in memory, and bad ones that differ from it in one to three fields. Every image
 * lies in a block of its exact size, so that the address sanitizer sees a read past its end.
 */
#include "host_test.h"
#include "lib/elf_image.h"
#include "lib/types.h"

#include <elf.h>

#define LOW        UINT64_C(0x400000)
#define HIGH       UINT64_C(0x500000)
#define ENTRY      (LOW + 0x1010)
#define FILE_BYTES 0x2180

/* The good image: headers and text, read-only data, data with zeros behind it, a stack that is not executable. */
enum { TEXT, RODATA, DATA, STACK, HEADERS };

struct file {
    Elf64_Ehdr header;
    Elf64_Phdr program[HEADERS];
    uint8_t rest[FILE_BYTES - sizeof(Elf64_Ehdr) - HEADERS * sizeof(Elf64_Phdr)];
};

_Static_assert(sizeof(struct file) == FILE_BYTES, "no holes");

static const struct elf_limits limits = {LOW, HIGH};

static struct file good(void)
{
    struct file file = {
        .header =
            {
                .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT,
                            ELFOSABI_SYSV},
                .e_type = ET_EXEC,
                .e_machine = EM_X86_64,
                .e_version = EV_CURRENT,
                .e_entry = ENTRY,
                .e_phoff = sizeof(Elf64_Ehdr),
                .e_ehsize = sizeof(Elf64_Ehdr),
                .e_phentsize = sizeof(Elf64_Phdr),
                .e_phnum = HEADERS,
            },
        .program =
            {
                [TEXT] = {PT_LOAD, PF_R | PF_X, 0x1000, LOW + 0x1000, LOW + 0x1000, 0x800, 0x800,
                          0x1000},
                [RODATA] = {PT_LOAD, PF_R, 0x1800, LOW + 0x2800, LOW + 0x2800, 0x400, 0x400,
                            0x1000},
                [DATA] = {PT_LOAD, PF_R | PF_W, 0x2000, LOW + 0x4000, LOW + 0x4000, 0x180, 0x2180,
                          0x1000},
                [STACK] = {PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16},
            },
    };

    return file;
}

/* Reads a copy of exactly `size` bytes, at an odd address. */
static const char *read_guarded(struct elf_image *image, const void *bytes, size_t size,
                                const struct elf_limits *within)
{
    uint8_t *block, *copy = guarded_copy(&block, bytes, size, 1);

    memset(image, 0xcc, sizeof(*image));
    const char *problem = elf_image_read(image, copy, size, within);

    free(block);
    return problem;
}

/* What every image that was taken promises, whatever was in the file. */
static void assert_sound(const struct elf_image *image, size_t size,
                         const struct elf_limits *within)
{
    bool entry_found = false;

    assert_in_range(image->segment_count, 1, ELF_SEGMENTS_MAX);
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        vaddr_t end = segment->start + segment->memory_bytes;

        assert_true(segment->memory_bytes > 0 && end > segment->start);
        assert_true(segment->file_bytes <= segment->memory_bytes);
        assert_true(segment->file_offset <= size &&
                    segment->file_bytes <= size - segment->file_offset);
        assert_int_equal((segment->start - segment->file_offset) % PAGE_SIZE, 0);
        assert_true(segment->start >= within->low && end <= within->high &&
                    segment->start >= PAGE_SIZE);
        assert_true(segment->readable && !(segment->writable && segment->executable));
        assert_true(i == 0 || segment[-1].start + segment[-1].memory_bytes <= segment->start);
        entry_found |= segment->executable && image->entry >= segment->start && image->entry < end;
    }
    assert_true(entry_found);
    assert_int_equal(image->start % PAGE_SIZE, 0);
    assert_int_equal(image->end % PAGE_SIZE, 0);
    assert_true(image->start <= image->segments[0].start);
}

static void the_good_image(void **state)
{
    struct file file = good();
    struct elf_image image;

    (void)state;
    assert_null(read_guarded(&image, &file, sizeof(file), &limits));
    assert_sound(&image, sizeof(file), &limits);
    assert_int_equal(image.entry, ENTRY);
    assert_int_equal(image.start, LOW + 0x1000);
    assert_int_equal(image.end, LOW + 0x7000);
    assert_int_equal(image.segment_count, 3);
    assert_int_equal(image.segments[0].start, LOW + 0x1000);
    assert_int_equal(image.segments[0].file_offset, 0x1000);
    assert_int_equal(image.segments[0].file_bytes, 0x800);
    assert_true(image.segments[0].executable && !image.segments[0].writable);
    assert_true(!image.segments[1].executable && !image.segments[1].writable);
    assert_true(!image.segments[2].executable && image.segments[2].writable);
    assert_int_equal(image.segments[2].memory_bytes, 0x2180);
    assert_int_equal(image.segments[2].file_bytes, 0x180);
}

/* ---- one good image, changed ---- */

struct change {
    size_t offset, bytes;
    uint64_t value;
};

#define CHANGES 5

/* "the field is now value" */
#define EH(field, value)                                                                           \
    {                                                                                              \
        offsetof(struct file, header.field), sizeof(((struct file *)0)->header.field), value       \
    }
#define ID(index, value)                                                                           \
    {                                                                                              \
        offsetof(struct file, header.e_ident) + (index), 1, value                                  \
    }
#define PH(segment, field, value)                                                                  \
    {                                                                                              \
        offsetof(struct file, program) + (segment) * sizeof(Elf64_Phdr) +                          \
            offsetof(Elf64_Phdr, field),                                                           \
            sizeof(((Elf64_Phdr *)0)->field), value                                                \
    }

struct row {
    const char *name;
    const char *problem; /* NULL: still good */
    struct change changes[CHANGES];
    struct elf_limits within; /* high 0: the usual */
};

/* clang-format off */
static struct row rows[] = {
    /* the header */
    {"magic, first byte", "magic", {ID(0, 0x7e)}, {0}},
    {"magic, last byte", "magic", {ID(3, 'f')}, {0}},
    {"32-bit", "not a 64-bit", {ID(EI_CLASS, ELFCLASS32)}, {0}},
    {"class 0", "not a 64-bit", {ID(EI_CLASS, ELFCLASSNONE)}, {0}},
    {"class 3", "not a 64-bit", {ID(EI_CLASS, 3)}, {0}},
    {"big-endian", "little-endian", {ID(EI_DATA, ELFDATA2MSB)}, {0}},
    {"no endianness", "little-endian", {ID(EI_DATA, 0)}, {0}},
    {"EI_VERSION 0", "identification's version", {ID(EI_VERSION, 0)}, {0}},
    {"EI_VERSION 2", "identification's version", {ID(EI_VERSION, 2)}, {0}},
    {"OS ABI of FreeBSD", "another operating system", {ID(EI_OSABI, ELFOSABI_FREEBSD)}, {0}},
    {"OS ABI of GNU", NULL, {ID(EI_OSABI, ELFOSABI_GNU)}, {0}},
    {"padding set", NULL, {ID(EI_PAD, 1)}, {0}},
    {"e_version 0", "file's version", {EH(e_version, 0)}, {0}},
    {"e_version 2", "file's version", {EH(e_version, 2)}, {0}},
    {"relocatable", "statically linked executable", {EH(e_type, ET_REL)}, {0}},
    {"shared object or PIE", "statically linked executable", {EH(e_type, ET_DYN)}, {0}},
    {"core", "statically linked executable", {EH(e_type, ET_CORE)}, {0}},
    {"type 0", "statically linked executable", {EH(e_type, ET_NONE)}, {0}},
    {"type 65535", "statically linked executable", {EH(e_type, 65535)}, {0}},
    {"for i386", "x86-64", {EH(e_machine, EM_386)}, {0}},
    {"for AArch64", "x86-64", {EH(e_machine, EM_AARCH64)}, {0}},
    {"machine 0", "x86-64", {EH(e_machine, 0)}, {0}},
    {"e_ehsize 0", "header's size", {EH(e_ehsize, 0)}, {0}},
    {"e_ehsize 63", "header's size", {EH(e_ehsize, 63)}, {0}},
    {"e_ehsize 65535", "header's size", {EH(e_ehsize, 65535)}, {0}},
    {"e_phentsize 0", "size of a program header", {EH(e_phentsize, 0)}, {0}},
    {"e_phentsize 55", "size of a program header", {EH(e_phentsize, 55)}, {0}},
    {"e_phentsize 57", "size of a program header", {EH(e_phentsize, 57)}, {0}},
    {"e_phentsize 65535", "size of a program header", {EH(e_phentsize, 65535)}, {0}},
    {"e_phnum 0", "no or too many", {EH(e_phnum, 0)}, {0}},
    {"e_phnum 65535", "no or too many", {EH(e_phnum, 65535)}, {0}},
    {"e_phnum 65534", "headers end past", {EH(e_phnum, 65534)}, {0}},
    {"e_phoff 0", "inside the header", {EH(e_phoff, 0)}, {0}},
    {"e_phoff 56", "inside the header", {EH(e_phoff, 56)}, {0}},
    {"e_phoff odd", "misaligned", {EH(e_phoff, 65)}, {0}},
    {"e_phoff a multiple of 4", "misaligned", {EH(e_phoff, 68)}, {0}},
    {"e_phoff at the end of the file", "headers end past", {EH(e_phoff, FILE_BYTES)}, {0}},
    {"e_phoff past the end of the file", "headers end past", {EH(e_phoff, FILE_BYTES + 8)}, {0}},
    {"the last program header 8 bytes past the end", "headers end past", {EH(e_phoff, FILE_BYTES - 4 * 56 + 8)}, {0}},
    {"e_phoff near 2^64", "headers end past", {EH(e_phoff, UINT64_MAX - 7)}, {0}},
    {"e_phoff wraps to where they are", "headers end past", {EH(e_phoff, UINT64_C(1) << 63)}, {0}},
    /* sizes and places in the file */
    {"no segment", "no segment to load",
     {PH(TEXT, p_type, PT_NOTE), PH(RODATA, p_type, PT_NULL), PH(DATA, p_type, PT_NOTE)}, {0}},
    {"memsz 0", "occupies no memory", {PH(DATA, p_memsz, 0), PH(DATA, p_filesz, 0)}, {0}},
    {"memsz 0, filesz not", "occupies no memory", {PH(DATA, p_memsz, 0)}, {0}},
    {"memsz one below filesz", "larger in the file", {PH(TEXT, p_memsz, 0x7ff)}, {0}},
    {"filesz 2^64 - 1", "larger in the file", {PH(TEXT, p_filesz, UINT64_MAX)}, {0}},
    {"filesz one past the end", "past the end of the file", {PH(DATA, p_filesz, 0x181)}, {0}},
    {"offset at the end, filesz 1", "past the end of the file",
     {PH(DATA, p_offset, FILE_BYTES), PH(DATA, p_vaddr, LOW + 0x4180), PH(DATA, p_filesz, 1)}, {0}},
    {"offset at the end, filesz 0", NULL,
     {PH(DATA, p_offset, FILE_BYTES), PH(DATA, p_vaddr, LOW + 0x4180), PH(DATA, p_filesz, 0)}, {0}},
    {"offset past the end, filesz 0", "past the end of the file",
     {PH(DATA, p_offset, 0x10000), PH(DATA, p_filesz, 0)}, {0}},
    {"offset + filesz wraps", "past the end of the file",
     {PH(DATA, p_offset, 0 - UINT64_C(0x1000)), PH(DATA, p_filesz, 0x1100)}, {0}},
    {"offset 2^64 - 4096", "past the end of the file", {PH(TEXT, p_offset, 0 - UINT64_C(0x1000))}, {0}},
    /* alignment */
    {"offset and address differ by 1", "differ within the page", {PH(DATA, p_vaddr, LOW + 0x4001)}, {0}},
    {"offset and address differ by half a page", "differ within the page", {PH(TEXT, p_offset, 0x800)}, {0}},
    {"p_align 0", "alignment", {PH(TEXT, p_align, 0)}, {0}},
    {"p_align 1", "alignment", {PH(TEXT, p_align, 1)}, {0}},
    {"p_align 2048", "alignment", {PH(TEXT, p_align, 2048)}, {0}},
    {"p_align 3 * 4096", "alignment", {PH(TEXT, p_align, 3 * 4096)}, {0}},
    {"p_align 4097", "alignment", {PH(TEXT, p_align, 4097)}, {0}},
    {"p_align 2^63", "alignment", {PH(TEXT, p_align, UINT64_C(1) << 63)}, {0}},
    {"p_align 2 GiB", "alignment", {PH(TEXT, p_align, 2 * GIB)}, {0}},
    {"p_align 1 GiB", NULL, {PH(TEXT, p_align, GIB)}, {0}},
    {"p_align 2 MiB", NULL, {PH(TEXT, p_align, 2 * MIB)}, {0}},
    /* permissions */
    {"flags 0", "not readable", {PH(DATA, p_flags, 0)}, {0}},
    {"executable only", "not readable", {PH(TEXT, p_flags, PF_X)}, {0}},
    {"writable only", "not readable", {PH(DATA, p_flags, PF_W)}, {0}},
    {"text writable", "writable and executable", {PH(TEXT, p_flags, PF_R | PF_W | PF_X)}, {0}},
    {"data executable", "writable and executable", {PH(DATA, p_flags, PF_R | PF_W | PF_X)}, {0}},
    {"no executable segment", "entry point", {PH(TEXT, p_flags, PF_R)}, {0}},
    /* addresses */
    {"in page 0", "page 0", {PH(TEXT, p_vaddr, 0), PH(TEXT, p_offset, 0)}, {0, HIGH}},
    {"in page 0, not at its start", "page 0", {PH(TEXT, p_vaddr, 0xf80), PH(TEXT, p_offset, 0xf80)}, {0, HIGH}},
    {"in page 1", "entry point", {PH(TEXT, p_vaddr, 0x1000)}, {0, HIGH}},
    {"one page below the lower limit", "outside the addresses", {PH(TEXT, p_vaddr, LOW - 0x1000)}, {0}},
    {"begins one page below the lower limit, ends above", "outside the addresses",
     {PH(TEXT, p_vaddr, LOW - 0x1000), PH(TEXT, p_memsz, 0x2000)}, {0}},
    {"in the page that the lower limit cuts", "outside the addresses", {{0}}, {LOW + 0x1001, HIGH}},
    {"at the lower limit", NULL, {{0}}, {LOW + 0x1000, HIGH}},
    {"ends at the upper limit", NULL, {{0}}, {LOW, LOW + 0x7000}},
    {"ends in the page that the upper limit cuts", "outside the addresses", {{0}}, {LOW, LOW + 0x6fff}},
    {"memory ends exactly at the upper limit", NULL, {PH(DATA, p_memsz, HIGH - LOW - 0x4000)}, {0}},
    {"memory ends one past the upper limit", "outside the addresses", {PH(DATA, p_memsz, HIGH - LOW - 0x4000 + 1)},
     {0}},
    {"memory larger than any RAM", "outside the addresses", {PH(DATA, p_memsz, UINT64_C(1) << 50)}, {0}},
    {"over a stack above the limit", "outside the addresses", {PH(DATA, p_vaddr, HIGH)}, {0}},
    {"in the kernel half", "outside the addresses", {PH(DATA, p_vaddr, UINT64_C(0xffffffff80000000))}, {0}},
    {"non-canonical", "outside the addresses", {PH(DATA, p_vaddr, UINT64_C(0x800000000000))}, {0}},
    {"vaddr + memsz is 2^64", "past the end of the address space",
     {PH(DATA, p_vaddr, 0 - UINT64_C(0x4000)), PH(DATA, p_memsz, 0x4000)}, {LOW, 0 - PAGE_SIZE}},
    {"vaddr + memsz past 2^64", "past the end of the address space",
     {PH(DATA, p_vaddr, 0 - UINT64_C(0x4000)), PH(DATA, p_memsz, 0x4001)}, {LOW, 0 - PAGE_SIZE}},
    {"memsz 2^64 - 1", "past the end of the address space", {PH(DATA, p_memsz, UINT64_MAX)}, {LOW, 0 - PAGE_SIZE}},
    {"vaddr + memsz wraps to a small end", "past the end of the address space",
     {PH(DATA, p_memsz, 0 - (LOW + 0x4000) + 0x2000)}, {0}},
    {"the end wraps when rounded up", "past the end of the address space",
     {PH(DATA, p_vaddr, 0 - UINT64_C(0x2000)), PH(DATA, p_memsz, 0x1001)}, {LOW, 0 - PAGE_SIZE}},
    {"in the last page", "past the end of the address space",
     {PH(DATA, p_vaddr, 0 - UINT64_C(0x1000)), PH(DATA, p_memsz, 0x180)}, {LOW, UINT64_MAX}},
    {"in the last page, not at its start", "past the end of the address space",
     {PH(DATA, p_vaddr, 0 - UINT64_C(0xff8)), PH(DATA, p_offset, 0x2008), PH(DATA, p_memsz, 8), PH(DATA, p_filesz, 8)},
     {LOW, UINT64_MAX}},
    {"ends at the last page", NULL,
     {PH(DATA, p_vaddr, 0 - UINT64_C(0x3000)), PH(DATA, p_memsz, 0x2000)}, {LOW, 0 - PAGE_SIZE}},
    /* neighbours */
    {"out of order", "ascending order", {PH(DATA, p_vaddr, LOW), PH(DATA, p_memsz, 0x180)}, {0}},
    {"two at one place", "overlap", {PH(RODATA, p_vaddr, LOW + 0x1000), PH(RODATA, p_offset, 0x1000)}, {0}},
    {"overlap by one byte", "overlap",
     {PH(RODATA, p_vaddr, LOW + 0x17ff), PH(RODATA, p_offset, 0x17ff)}, {0}},
    {"the first swallows the second", "overlap", {PH(TEXT, p_memsz, 0x2800)}, {0}},
    {"touching, same page, other permissions", "share a page", {PH(RODATA, p_vaddr, LOW + 0x1800)}, {0}},
    {"same page, not touching, other permissions", "share a page", {PH(RODATA, p_vaddr, LOW + 0x2800),
     PH(TEXT, p_memsz, 0x1001)}, {0}},
    {"the memory ends where the next page begins", NULL, {PH(TEXT, p_memsz, 0x1000)}, {0}},
    {"same page, same permissions", NULL, {PH(RODATA, p_vaddr, LOW + 0x1800), PH(RODATA, p_flags, PF_R | PF_X)}, {0}},
    {"same page, one writable", "share a page",
     {PH(RODATA, p_vaddr, LOW + 0x3800), PH(DATA, p_vaddr, LOW + 0x3e00), PH(DATA, p_offset, 0x1e00)}, {0}},
    /* the entry point */
    {"entry 0", "entry point", {EH(e_entry, 0)}, {0}},
    {"entry one below the text", "entry point", {EH(e_entry, LOW + 0xfff)}, {0}},
    {"entry at the first byte", NULL, {EH(e_entry, LOW + 0x1000)}, {0}},
    {"entry at the last byte", NULL, {EH(e_entry, LOW + 0x17ff)}, {0}},
    {"entry one past the text", "entry point", {EH(e_entry, LOW + 0x1800)}, {0}},
    {"entry in the zeros behind the text", "entry point", {EH(e_entry, LOW + 0x1800), PH(TEXT, p_memsz, 0x900)}, {0}},
    {"entry in rodata", "entry point", {EH(e_entry, LOW + 0x2800)}, {0}},
    {"entry in data", "entry point", {EH(e_entry, LOW + 0x4000)}, {0}},
    {"entry in the kernel half", "entry point", {EH(e_entry, UINT64_C(0xffffffff80000000))}, {0}},
    {"entry 2^64 - 1", "entry point", {EH(e_entry, UINT64_MAX)}, {0}},
    /* other program headers */
    {"PT_INTERP", "interpreter", {PH(STACK, p_type, PT_INTERP)}, {0}},
    {"PT_DYNAMIC", "dynamically linked", {PH(STACK, p_type, PT_DYNAMIC)}, {0}},
    {"PT_TLS", "thread-local", {PH(STACK, p_type, PT_TLS)}, {0}},
    {"huge PT_TLS", "thread-local", {PH(STACK, p_type, PT_TLS), PH(STACK, p_memsz, UINT64_MAX)}, {0}},
    {"PT_SHLIB", "PT_SHLIB", {PH(STACK, p_type, PT_SHLIB)}, {0}},
    {"executable stack", "executable stack", {PH(STACK, p_flags, PF_R | PF_W | PF_X)}, {0}},
    {"no PT_GNU_STACK", NULL, {PH(STACK, p_type, PT_NULL)}, {0}},
    {"PT_NOTE with nonsense in it", NULL, {PH(STACK, p_type, PT_NOTE), PH(STACK, p_offset, UINT64_MAX),
     PH(STACK, p_filesz, UINT64_MAX), PH(STACK, p_flags, PF_X)}, {0}},
    {"an unknown type", NULL, {PH(STACK, p_type, 0x6fffffff)}, {0}},
};
/* clang-format on */

static void changed_image(void **state)
{
    static const struct elf_image nothing;
    const struct row *row = *state;
    const struct elf_limits *within = row->within.high ? &row->within : &limits;
    struct file file = good();
    struct elf_image image;

    for (size_t i = 0; i < CHANGES; i++)
        memcpy((uint8_t *)&file + row->changes[i].offset, &row->changes[i].value,
               row->changes[i].bytes);
    assert_contains(read_guarded(&image, &file, sizeof(file), within), row->problem);
    if (row->problem)
        assert_memory_equal(&image, &nothing, sizeof(image));
    else
        assert_sound(&image, sizeof(file), within);
}

/* ---- all of a kind ---- */

static void no_truncation_is_taken(void **state)
{
    struct file file = good();
    struct elf_image image;

    (void)state;
    for (size_t size = 0; size < sizeof(file); size++)
        assert_non_null(read_guarded(&image, &file, size, &limits));
    assert_contains(read_guarded(&image, &file, 63, &limits), "shorter than an ELF header");
    assert_contains(read_guarded(&image, &file, 64, &limits), "headers end past");
}

static void every_byte_of_the_headers_changed(void **state)
{
    const size_t headers = offsetof(struct file, rest);
    size_t refused = 0;

    (void)state;
    for (size_t at = 0; at < headers; at++) {
        for (unsigned value = 0; value < 256; value++) {
            struct file file = good();
            struct elf_image image;

            ((uint8_t *)&file)[at] = (uint8_t)value;
            if (read_guarded(&image, &file, sizeof(file), &limits))
                refused++;
            else
                assert_sound(&image, sizeof(file), &limits);
        }
    }
    assert_true(refused > headers * 128);
}

static void random_damage_to_the_headers(void **state)
{
    static const uint64_t edges[] = {0,          1,
                                     0x7ff,      0x1000,
                                     LOW,        HIGH,
                                     UINT32_MAX, UINT64_C(1) << 63,
                                     UINT64_MAX, 0 - PAGE_SIZE,
                                     FILE_BYTES};
    uint64_t seed = UINT64_C(0x5eed0008);
    struct elf_limits everywhere = {0, 0 - PAGE_SIZE};

    (void)state;
    for (int round = 0; round < 100000; round++) {
        struct file file = good();
        struct elf_image image;

        for (uint64_t changes = 1 + random_below(&seed, 3); changes > 0; changes--) {
            Elf64_Phdr *header = &file.program[random_below(&seed, HEADERS)];
            uint64_t value =
                edges[random_below(&seed, ARRAY_COUNT(edges))] + random_below(&seed, 3) - 1;

            memcpy((uint8_t *)header + 8 * (1 + random_below(&seed, 6)), &value, sizeof(value));
        }
        if (read_guarded(&image, &file, sizeof(file), &everywhere) == NULL)
            assert_sound(&image, sizeof(file), &everywhere);
    }
}

/* `count` program headers: the first `loads` of them segments of one page each, with code. */
static const char *read_many(struct elf_image *image, size_t count, size_t loads, vaddr_t entry)
{
    size_t size = 0x1000 + count * sizeof(Elf64_Phdr);
    uint8_t *bytes = calloc(1, size);
    struct file file = good();

    file.header.e_phnum = (Elf64_Half)count;
    file.header.e_phoff = 0x1000;
    file.header.e_entry = entry;
    memcpy(bytes, &file.header, sizeof(file.header));
    for (size_t i = 0; i < loads; i++) {
        Elf64_Phdr header = {PT_LOAD, PF_R | PF_X, 0, LOW + i * 0x1000, 0, 0x10, 0x1000, 0x1000};

        memcpy(bytes + 0x1000 + i * sizeof(header), &header, sizeof(header));
    }
    const char *problem = read_guarded(image, bytes, size, &limits);

    free(bytes);
    return problem;
}

static void many_segments(void **state)
{
    struct elf_image image;

    (void)state;
    assert_null(read_many(&image, 16, 16, LOW));
    assert_int_equal(image.segment_count, 16);
    assert_null(read_many(&image, 16, 16, LOW + 15 * 0x1000));
    assert_contains(read_many(&image, 16, 16, LOW + 16 * 0x1000), "entry point");
    assert_contains(read_many(&image, 17, 17, LOW), "more than 16");
    assert_contains(read_many(&image, 65534, 65534, LOW), "more than 16");
    assert_null(read_many(&image, 65534, 16, LOW));
    assert_contains(read_many(&image, 65535, 16, LOW), "too many");
}

static void a_kernel_at_the_top_of_the_address_space(void **state)
{
    const uint64_t base = UINT64_C(0xffffffff80000000);
    const struct elf_limits kernel_limits = {base, 0 - PAGE_SIZE};
    struct file file = good();
    struct elf_image image;

    (void)state;
    for (int i = TEXT; i <= DATA; i++)
        file.program[i].p_vaddr += base - LOW;
    assert_contains(read_guarded(&image, &file, sizeof(file), &kernel_limits), "entry point");
    file.header.e_entry += base - LOW;
    assert_null(read_guarded(&image, &file, sizeof(file), &kernel_limits));
    assert_int_equal(image.end, base + 0x7000);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, the_good_image);
    HOST_ADD_ROWS(&tests, changed_image, rows);
    HOST_ADD(&tests, no_truncation_is_taken);
    HOST_ADD(&tests, every_byte_of_the_headers_changed);
    HOST_ADD(&tests, random_damage_to_the_headers);
    HOST_ADD(&tests, many_segments);
    HOST_ADD(&tests, a_kernel_at_the_top_of_the_address_space);
    return host_tests_run(&tests, "elf image");
}
