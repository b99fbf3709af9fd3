/*
 * Any bytes as a program's file. What is taken must keep what the kernel builds on: every page lies below the stack,
 * once, none is writable and executable, what is shared is a whole page of the file or counted as a copy, and the
 * first instruction is in the file's bytes.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/align.h"
#include "lib/elf_program.h"

#define PAGES_MAX 4096

static const struct elf_program_limits limits = {.user_end = UINT64_C(0x7ffffffff000),
                                                 .stack_guard = UINT64_C(0x7ffffffee000),
                                                 .memory_bytes = PAGES_MAX * PAGE_SIZE};

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_page(const struct elf_image *program, const uint8_t *file, size_t size,
                       const struct elf_page *page)
{
    static uint8_t made[4096];

    check(page->virt >= PAGE_SIZE && page->virt < limits.stack_guard);
    check(is_aligned(page->virt, PAGE_SIZE));
    check(!(page->writable && page->executable));
    check(page->writable == (page->source == ELF_PAGE_OWN));
    elf_program_fill_page(program, file, page->virt, made);
    if (page->source != ELF_PAGE_FILE)
        return;
    check(is_aligned(page->file_offset, PAGE_SIZE) && page->file_offset + PAGE_SIZE <= size);
    check(memcmp(made, file + page->file_offset, PAGE_SIZE) == 0);
}

static uint64_t check_pages(const struct elf_image *program, const uint8_t *file, size_t size,
                            bool writable, uint64_t *copies)
{
    struct elf_page page;
    uint64_t count = 0;

    for (vaddr_t at = 0; elf_program_next_page(program, writable, at, &page);
         at = page.virt + PAGE_SIZE) {
        check(page.virt >= at);
        check_page(program, file, size, &page);
        *copies += page.source == ELF_PAGE_COPY;
        count++;
    }
    return count;
}

static bool is_code(const struct elf_image *program, vaddr_t at)
{
    bool found = false;

    for (size_t i = 0; i < program->segment_count; i++)
        found |= program->segments[i].executable && at >= program->segments[i].start &&
                 at - program->segments[i].start < program->segments[i].file_bytes;
    return found;
}

/* The file in a block of exactly its size. */
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    uint8_t *file = malloc(size ? size : 1);
    struct elf_image program;
    uint64_t copies = 0, pages;

    if (size > 0)
        memcpy(file, input, size);
    if (elf_program_read(&program, file, size, &limits) == NULL) {
        check(is_code(&program, program.entry));
        pages = check_pages(&program, file, size, false, &copies);
        pages += check_pages(&program, file, size, true, &copies);
        check(pages > 0 && pages <= PAGES_MAX);
        check(copies == elf_program_copy_count(&program));
    }
    free(file);
    return 0;
}
