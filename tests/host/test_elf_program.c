/*
 * Programs' files: each tests/host/programs/NAME.elf is one test (elf_file.h), and the good one is cut at every byte,
 * and altered in every byte of its headers. Of what is taken, the pages put together must be the memory that the
 * program headers ask for, byte by byte.
 */
#include "elf_file.h"
#include "host_test.h"

#include <glob.h>

#include "lib/align.h"

/* At an address that is aligned to nothing, in a block of exactly its size. */
static const char *read_guarded(struct elf_image *program, const uint8_t *bytes, size_t size,
                                uint8_t **block)
{
    const uint8_t *copy = guarded_copy(block, bytes, size, 1);

    memset(program, 0xcc, sizeof(*program));
    return elf_program_read(program, copy, size, &elf_file_limits);
}

/* What the program finds at an address: straight from the program headers. */
static uint8_t byte_at(const struct elf_image *program, const uint8_t *bytes, vaddr_t at)
{
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct elf_segment *segment = &program->segments[i];

        if (at >= segment->start && at - segment->start < segment->file_bytes)
            return bytes[segment->file_offset + (at - segment->start)];
    }
    return 0;
}

static void assert_page(const struct elf_image *program, const uint8_t *bytes,
                        const struct elf_page *page)
{
    uint8_t made[PAGE_SIZE];

    memset(made, 0xcc, sizeof(made));
    elf_program_fill_page(program, bytes, page->virt, made);
    for (size_t i = 0; i < PAGE_SIZE; i++)
        if (made[i] != byte_at(program, bytes, page->virt + i))
            fail_msg("page %lx differs at %zx", (unsigned long)page->virt, i);
    assert_int_equal(page->file_offset % PAGE_SIZE, 0);
    if (page->source == ELF_PAGE_FILE)
        assert_memory_equal(made, bytes + page->file_offset, PAGE_SIZE);
    assert_true(page->writable == (page->source == ELF_PAGE_OWN));
    assert_false(page->writable && page->executable);
}

/* Every page once, in ascending order, inside the limits, and each segment's pages are there. */
static void assert_pages(const struct elf_image *program, const uint8_t *bytes,
                         unsigned long count[3])
{
    struct elf_page page;
    uint64_t wanted = 0, found = 0;

    for (size_t i = 0; i < program->segment_count; i++) {
        const struct elf_segment *segment = &program->segments[i];
        vaddr_t first = align_down(segment->start, PAGE_SIZE);
        bool shares = i > 0 && segment[-1].start + segment[-1].memory_bytes > first;

        wanted += (align_up(segment->start + segment->memory_bytes, PAGE_SIZE) - first) / PAGE_SIZE;
        wanted -= shares;
    }
    for (int writable = 0; writable <= 1; writable++)
        for (vaddr_t at = 0; elf_program_next_page(program, writable, at, &page);
             at = page.virt + PAGE_SIZE) {
            assert_true(page.virt >= at && page.virt >= PAGE_SIZE);
            assert_true(page.virt < elf_file_limits.stack_guard);
            assert_page(program, bytes, &page);
            count[page.source]++;
            found++;
        }
    assert_int_equal(found, wanted);
    assert_int_equal(elf_program_copy_count(program), count[ELF_PAGE_COPY]);
}

static void becomes_what_its_file_says(void **state)
{
    static const struct elf_image nothing;
    unsigned long count[3] = {0};
    struct elf_image program;
    struct elf_file file;
    const char *problem;
    uint8_t *block;

    elf_file_read(&file, *state);
    problem = read_guarded(&program, file.bytes, file.size_bytes, &block);
    assert_string_equal(problem ? problem : "", file.refused);
    if (problem)
        assert_memory_equal(&program, &nothing, sizeof(nothing));
    else
        assert_pages(&program, block + 1, count);
    for (unsigned source = 0; source < ARRAY_COUNT(count); source++)
        assert_int_equal(count[source], file.pages[source]);
    free(block);
    free(file.bytes);
}

static void no_truncation_is_taken(void **state)
{
    struct elf_file file;

    (void)state;
    elf_file_make_good(&file);
    for (size_t size = 0; size < file.size_bytes; size++) {
        struct elf_image program;
        uint8_t *block;

        assert_non_null(read_guarded(&program, file.bytes, size, &block));
        free(block);
    }
    free(file.bytes);
}

/* Every bit of the headers alone, and every byte inverted: refused, or still a sound program. */
static void every_flip_in_the_headers(void **state)
{
    const size_t headers = sizeof(Elf64_Ehdr) + ELF_FILE_HEADERS * sizeof(Elf64_Phdr);
    struct elf_file file;
    size_t refused = 0;

    (void)state;
    elf_file_make_good(&file);
    for (size_t at = 0; at < headers; at++) {
        for (unsigned bit = 0; bit <= 8; bit++) {
            uint8_t flip = bit == 8 ? 0xff : (uint8_t)(1 << bit), *block;
            unsigned long count[3] = {0};
            struct elf_image program;

            file.bytes[at] ^= flip;
            if (read_guarded(&program, file.bytes, file.size_bytes, &block))
                refused++;
            else
                assert_pages(&program, block + 1, count);
            file.bytes[at] ^= flip;
            free(block);
        }
    }
    assert_true(refused > headers * 9 / 2);
    free(file.bytes);
}

int main(void)
{
    static struct host_tests tests;
    glob_t files;
    int failed;

    if (glob("tests/host/programs/*.elf", 0, NULL, &files) != 0)
        return 1;
    for (size_t i = 0; i < files.gl_pathc; i++)
        host_tests_add(&tests, files.gl_pathv[i], becomes_what_its_file_says, files.gl_pathv[i]);
    HOST_ADD(&tests, no_truncation_is_taken);
    HOST_ADD(&tests, every_flip_in_the_headers);
    failed = host_tests_run(&tests, "elf program");
    globfree(&files);
    return failed;
}
