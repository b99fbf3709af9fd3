/*
 * Pages are found from the segments each time and never listed: segments are in ascending order and do
 * not overlap (elf_image_read), so each question is one walk over at most 16 of them. A page that two
 * segments share has one set of rights, or the file would have been refused.
 */
#include "lib/elf_program.h"

#include "lib/align.h"
#include "lib/string.h"

#define CANONICAL_LOW_END UINT64_C(0x0000800000000000)
#define CANONICAL_HIGH    UINT64_C(0xffff800000000000) /* SDM vol. 1, 3.3.7.1 */

/* Every address but the last page of all: which part of it is a program's is said better below. */
static const struct elf_limits anywhere = {.low = 0, .high = 0 - PAGE_SIZE};

static vaddr_t segment_end(const struct elf_segment *segment)
{
    return segment->start + segment->memory_bytes;
}

static vaddr_t first_page(const struct elf_segment *segment)
{
    return align_down(segment->start, PAGE_SIZE);
}

static vaddr_t end_page(const struct elf_segment *segment)
{
    return align_up(segment_end(segment), PAGE_SIZE);
}

static const char *check_place(const struct elf_segment *segment,
                               const struct elf_program_limits *limits)
{
    vaddr_t end = segment_end(segment);

    if (segment->start >= CANONICAL_HIGH)
        return "a segment lies in the kernel's half";
    if (segment->start >= CANONICAL_LOW_END || end > CANONICAL_LOW_END)
        return "a segment's addresses are not canonical";
    if (end > limits->user_end)
        return "a segment ends past the end of the user half";
    if (end > limits->stack_guard)
        return "a segment lies where the stack is";
    return NULL;
}

static const char *check_program(const struct elf_image *program,
                                 const struct elf_program_limits *limits)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < program->segment_count; i++) {
        const struct elf_segment *segment = &program->segments[i];
        const char *problem = check_place(segment, limits);

        if (problem)
            return problem;
        if (!segment->writable && segment->memory_bytes > segment->file_bytes)
            return "a segment that is not writable is larger in memory than in the file";
        bytes += end_page(segment) - first_page(segment);
    }
    return bytes > limits->memory_bytes ? "it needs more memory than there is" : NULL;
}

const char *elf_program_read(struct elf_image *out, const void *bytes, size_t size_bytes,
                             const struct elf_program_limits *limits)
{
    const char *problem = elf_image_read(out, bytes, size_bytes, &anywhere);

    if (!problem)
        problem = check_program(out, limits);
    if (problem)
        memset(out, 0, sizeof(*out));
    return problem;
}

/* A whole page of the segment's bytes in the file. Their places there and in memory agree within the
 * page (elf_image_read). Unsigned: below the segment's start the difference is huge. */
static bool is_page_of_file(const struct elf_segment *segment, vaddr_t virt)
{
    return segment->file_bytes >= PAGE_SIZE &&
           virt - segment->start <= segment->file_bytes - PAGE_SIZE;
}

static void describe_page(const struct elf_segment *segment, vaddr_t virt, struct elf_page *page)
{
    *page = (struct elf_page){.virt = virt,
                              .writable = segment->writable,
                              .executable = segment->executable,
                              .source = segment->writable ? ELF_PAGE_OWN : ELF_PAGE_COPY};
    if (!segment->writable && is_page_of_file(segment, virt)) {
        page->source = ELF_PAGE_FILE;
        page->file_offset = segment->file_offset + (virt - segment->start);
    }
}

bool elf_program_next_page(const struct elf_image *program, bool writable, vaddr_t from,
                           struct elf_page *page)
{
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct elf_segment *segment = &program->segments[i];

        if (segment->writable != writable || from >= end_page(segment))
            continue;
        describe_page(segment, from > first_page(segment) ? from : first_page(segment), page);
        return true;
    }
    return false;
}

uint64_t elf_program_copy_count(const struct elf_image *program)
{
    uint64_t count = 0;
    struct elf_page page;

    for (vaddr_t at = 0; elf_program_next_page(program, false, at, &page);
         at = page.virt + PAGE_SIZE)
        count += page.source == ELF_PAGE_COPY;
    return count;
}

void elf_program_fill_page(const struct elf_image *program, const void *file, vaddr_t virt,
                           uint8_t page[PAGE_SIZE])
{
    memset(page, 0, PAGE_SIZE);
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct elf_segment *segment = &program->segments[i];
        vaddr_t start = segment->start > virt ? segment->start : virt;
        vaddr_t end = segment->start + segment->file_bytes;

        if (end > virt + PAGE_SIZE)
            end = virt + PAGE_SIZE;
        if (start < end)
            memcpy(page + (start - virt),
                   (const uint8_t *)file + segment->file_offset + (start - segment->start),
                   end - start);
    }
}
