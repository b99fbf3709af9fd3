/*
 * The ELF reader. A file is believed only so far as it was checked: the header before its fields
 * are used, each program header before it becomes a segment, each segment against the one before
 * it. Fields lie anywhere, so headers are copied out before they are read. Sizes are compared by
 * subtraction from what is known to fit: sums could wrap.
 */
#include "lib/elf_image.h"

#include "elf_internal.h"
#include "lib/align.h"
#include "lib/compiler.h"
#include "lib/string.h"

/* The largest alignment that a mapping can give: the largest page. */
#define ALIGN_MAX GIB

struct reader {
    struct elf_image *image;
    const uint8_t *bytes;
    size_t size_bytes;
    const struct elf_limits *limits;
};

/*
 * Program headers that ask for something that a static program never needs and this loader would
 * get wrong.
 */
static const struct {
    Elf64_Word type;
    const char *problem;
} refused_types[] = {
    {PT_INTERP, "it asks for a program interpreter"},
    {PT_DYNAMIC, "it is dynamically linked"},
    {PT_TLS, "it has thread-local storage"},
    {PT_SHLIB, "it has a program header of the reserved type PT_SHLIB"},
};

static const char *check_header_table(const Elf64_Ehdr *header, size_t size_bytes)
{
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return "the size of a program header is wrong";
    /* PN_XNUM: the true number stands in a section header. */
    if (header->e_phnum == 0 || header->e_phnum == PN_XNUM)
        return "it has no or too many program headers";
    if (header->e_phoff < sizeof(Elf64_Ehdr) || !is_aligned(header->e_phoff, sizeof(Elf64_Off)))
        return "the program headers lie inside the header or are misaligned";
    if (!elf_is_in_file(header->e_phoff, header->e_phnum * sizeof(Elf64_Phdr), size_bytes))
        return "the program headers end past the end of the file";
    return NULL;
}

static const char *check_file_part(const Elf64_Phdr *header, size_t size_bytes)
{
    if (header->p_memsz == 0)
        return "a segment occupies no memory";
    if (header->p_filesz > header->p_memsz)
        return "a segment is larger in the file than in memory";
    if (!elf_is_in_file(header->p_offset, header->p_filesz, size_bytes))
        return "a segment ends past the end of the file";
    return NULL;
}

static const char *check_alignment(const Elf64_Phdr *header)
{
    uint64_t align = header->p_align;

    if (align < PAGE_SIZE || align > ALIGN_MAX || (align & (align - 1)) != 0)
        return "a segment's alignment is not a power of two from 4 KiB to 1 GiB";
    if (!is_aligned(header->p_vaddr - header->p_offset, PAGE_SIZE))
        return "a segment's offset and address differ within the page";
    return NULL;
}

static const char *check_flags(Elf64_Word flags)
{
    if (!(flags & PF_R))
        return "a segment is not readable";
    if ((flags & PF_W) && (flags & PF_X))
        return "a segment is both writable and executable";
    return NULL;
}

static const char *check_addresses(const Elf64_Phdr *header, const struct elf_limits *limits)
{
    /* 2^64 as an end would be 0, so the last page is never used. */
    if (header->p_vaddr > 0 - PAGE_SIZE || header->p_memsz > 0 - PAGE_SIZE - header->p_vaddr)
        return "a segment ends past the end of the address space";
    if (header->p_vaddr < PAGE_SIZE)
        return "a segment lies in page 0";
    if (align_down(header->p_vaddr, PAGE_SIZE) < limits->low ||
        align_up(header->p_vaddr + header->p_memsz, PAGE_SIZE) > limits->high)
        return "a segment lies outside the addresses that are allowed";
    return NULL;
}

static bool same_permissions(const struct elf_segment *a, const struct elf_segment *b)
{
    return a->readable == b->readable && a->writable == b->writable &&
           a->executable == b->executable;
}

/*
 * Ascending order is what the ABI demands of PT_LOAD; it makes an overlap a matter of two
 * neighbours.
 */
static const char *check_neighbours(const struct elf_segment *before,
                                    const struct elf_segment *segment)
{
    uint64_t end = before->start + before->memory_bytes;

    if (segment->start < before->start)
        return "the segments are not in ascending order";
    if (segment->start < end)
        return "two segments overlap";
    if (align_down(segment->start, PAGE_SIZE) < end && !same_permissions(before, segment))
        return "two segments with different permissions share a page";
    return NULL;
}

static const char *check_segment(const struct reader *reader, const Elf64_Phdr *header)
{
    const char *problem = check_file_part(header, reader->size_bytes);

    if (!problem)
        problem = check_alignment(header);
    if (!problem)
        problem = check_flags(header->p_flags);
    if (!problem)
        problem = check_addresses(header, reader->limits);
    return problem;
}

static const char *add_segment(struct reader *reader, const Elf64_Phdr *header)
{
    struct elf_image *image = reader->image;
    const char *problem = check_segment(reader, header);

    if (problem)
        return problem;
    if (image->segment_count == ELF_SEGMENTS_MAX)
        return "it has more than 16 segments";

    struct elf_segment *segment = &image->segments[image->segment_count];

    *segment = (struct elf_segment){
        .start = header->p_vaddr,
        .memory_bytes = header->p_memsz,
        .file_bytes = header->p_filesz,
        .file_offset = header->p_offset,
        .readable = true,
        .writable = (header->p_flags & PF_W) != 0,
        .executable = (header->p_flags & PF_X) != 0,
    };
    if (image->segment_count++ > 0)
        problem = check_neighbours(segment - 1, segment);
    return problem;
}

static const char *read_program_header(struct reader *reader, const Elf64_Phdr *header)
{
    if (header->p_type == PT_LOAD)
        return add_segment(reader, header);
    if (header->p_type == PT_GNU_STACK && (header->p_flags & PF_X))
        return "it asks for an executable stack";
    for (size_t i = 0; i < ARRAY_COUNT(refused_types); i++) {
        if (header->p_type == refused_types[i].type)
            return refused_types[i].problem;
    }
    return NULL;
}

static bool is_code(const struct elf_image *image, vaddr_t address)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];

        /*
         * Unsigned: below the start the difference is huge. Behind file_bytes there are zeros only,
         * which no program begins with.
         */
        if (segment->executable && address - segment->start < segment->file_bytes)
            return true;
    }
    return false;
}

static const char *finish(struct elf_image *image, vaddr_t entry)
{
    if (image->segment_count == 0)
        return "it has no segment to load";
    if (!is_code(image, entry))
        return "the entry point is not in an executable segment";

    const struct elf_segment *last = &image->segments[image->segment_count - 1];

    image->entry = entry;
    image->start = align_down(image->segments[0].start, PAGE_SIZE);
    image->end = align_up(last->start + last->memory_bytes, PAGE_SIZE);
    return NULL;
}

static const char *read_image(struct reader *reader)
{
    Elf64_Ehdr header;
    const char *problem = elf_header_read(&header, reader->bytes, reader->size_bytes);

    if (!problem)
        problem = check_header_table(&header, reader->size_bytes);
    for (size_t i = 0; !problem && i < header.e_phnum; i++) {
        Elf64_Phdr program_header;

        memcpy(&program_header, reader->bytes + header.e_phoff + i * sizeof(program_header),
               sizeof(program_header));
        problem = read_program_header(reader, &program_header);
    }
    return problem ? problem : finish(reader->image, header.e_entry);
}

const char *elf_image_read(struct elf_image *out, const void *bytes, size_t size_bytes,
                           const struct elf_limits *limits)
{
    struct reader reader = {out, bytes, size_bytes, limits};
    const char *problem;

    memset(out, 0, sizeof(*out));
    problem = read_image(&reader);
    if (problem)
        memset(out, 0, sizeof(*out));
    return problem;
}
