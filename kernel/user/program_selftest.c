/*
 * Every program's address space is looked at as its CPU would see it: each page of the user half is one
 * that the file or the stack asks for, with those rights and contents, and no frame of it is anybody
 * else's. Then it is loaded again and again, and with each allocation failing.
 */
#include "program_selftest.h"

#include "kernel/address_map.h"
#include "kernel/log.h"
#include "kernel/mm/memory.h"
#include "kernel/user/program.h"
#include "lib/command.h"
#include "lib/string.h"
#include "mm/memory_selftest.h"

#define ROUNDS 100

static const char arguments[] = "self:one::three";
static const struct slice command = {arguments, sizeof(arguments) - 1};
static const struct program *subject;
static struct region_list regions, others;

struct inspection {
    const struct program *program;
    uint64_t pages;
    const char *problem; /* NULL: none so far */
};

/* What should be at a user page; false: nothing. The stack's last page is filled too. */
static bool expected_page(const struct program *program, vaddr_t virt, struct elf_page *page,
                          uint8_t contents[PAGE_SIZE])
{
    *page = (struct elf_page){.virt = virt, .writable = true, .source = ELF_PAGE_OWN};
    if (virt == USER_END - PAGE_SIZE) {
        memset(contents, 0, PAGE_SIZE);
        command_write_stack(command, contents, USER_END);
        return true;
    }
    elf_program_fill_page(&program->image, phys_to_virt(program->file), virt, contents);
    return (elf_program_next_page(&program->image, false, virt, page) && page->virt == virt) ||
           (elf_program_next_page(&program->image, true, virt, page) && page->virt == virt);
}

/* Whether the kernel's own map lets anybody write to a frame of RAM. */
static bool is_writable_in_kernel(paddr_t frame)
{
    const struct page_tables *tables = &kernel_space.tables;
    struct page_walk walk;

    page_tables_walk(tables, (vaddr_t)phys_to_virt(frame), &walk);
    return walk.present && walk.entries[walk.level] & PTE_WRITABLE;
}

static const char *inspect_leaf(const struct program *program, const struct page_leaf *leaf)
{
    static uint8_t contents[PAGE_SIZE];
    struct elf_page page;

    if (leaf->bytes != PAGE_SIZE || !expected_page(program, leaf->virt, &page, contents))
        return "a page that nobody asked for";
    if (!leaf->user || leaf->writable != page.writable || leaf->executable != page.executable)
        return "a page with other rights";
    if (memcmp(phys_to_virt(leaf->phys), contents, PAGE_SIZE) != 0)
        return "a page with other contents";
    if (page.source == ELF_PAGE_FILE && leaf->phys != program->file + page.file_offset)
        return "a page of the file that is not the file's own";
    if (!leaf->writable && is_writable_in_kernel(leaf->phys))
        return "a shared page that the kernel can write to";
    return NULL;
}

static bool inspect(void *context, const struct page_leaf *leaf)
{
    struct inspection *inspection = context;

    if (leaf->virt >= USER_END)
        return false; /* the kernel's half, which the audit looks at */
    inspection->pages++;
    inspection->problem = inspect_leaf(inspection->program, leaf);
    if (inspection->problem)
        log_error("selftest programs: %s: %s at %lx", inspection->program->name,
                  inspection->problem, leaf->virt);
    return inspection->problem == NULL;
}

static uint64_t expected_pages(const struct program *program)
{
    uint64_t count = 1; /* of the stack */
    struct elf_page page;

    for (int writable = 0; writable <= 1; writable++)
        for (vaddr_t at = 0; elf_program_next_page(&program->image, writable, at, &page);
             at = page.virt + PAGE_SIZE)
            count++;
    return count;
}

static bool is_as_its_file_says(const struct program *program, const struct address_space *space,
                                const struct program_start *start)
{
    struct inspection inspection = {.program = program};

    page_tables_visit(&space->tables, inspect, &inspection);
    return !inspection.problem && inspection.pages == expected_pages(program) &&
           start->entry == program->image.entry && start->stack % 16 == 0;
}

/* Two instances at once share what cannot be written, and nothing else. */
static bool shares_what_it_may(const struct program *program, struct address_space *one,
                               struct address_space *other)
{
    struct elf_page page;
    paddr_t first, second;
    bool well = true;

    for (int writable = 0; writable <= 1; writable++)
        for (vaddr_t at = 0; elf_program_next_page(&program->image, writable, at, &page);
             at = page.virt + PAGE_SIZE)
            well = arch_mmu_space_lookup(one, page.virt, &first) &&
                   arch_mmu_space_lookup(other, page.virt, &second) &&
                   (first == second) == !writable && well;
    return well && arch_mmu_space_lookup(one, USER_END - PAGE_SIZE, &first) &&
           arch_mmu_space_lookup(other, USER_END - PAGE_SIZE, &second) && first != second;
}

static bool load_twice(void)
{
    struct address_space one, other;
    struct program_start start;
    bool well;

    regions = others = (struct region_list){0};
    if (program_load(subject, command, &one, &regions, &start) != STATUS_OK)
        return false;
    well = is_as_its_file_says(subject, &one, &start) &&
           program_load(subject, command, &other, &others, &start) == STATUS_OK;
    if (well) {
        well = shares_what_it_may(subject, &one, &other);
        arch_mmu_space_destroy(&other);
    }
    arch_mmu_space_destroy(&one);
    return well;
}

static bool load_once(void)
{
    struct address_space space;
    struct program_start start;

    regions = (struct region_list){0};
    if (program_load(subject, command, &space, &regions, &start) != STATUS_OK)
        return false;
    arch_mmu_space_destroy(&space);
    return true;
}

static bool test_program(unsigned *failures)
{
    struct memory_counts before;
    bool well;

    memory_count(&before);
    well = load_twice();
    for (unsigned i = 0; i < ROUNDS; i++)
        well = load_once() && well;
    return memory_is_balanced(&before, "before the programs") && well &&
           memory_selftest_fail_each(load_once, failures);
}

bool program_selftest(void)
{
    unsigned failures = 0;
    bool well = program_at(0) != NULL;

    for (size_t i = 0; (subject = program_at(i)); i++) {
        bool passed = test_program(&failures);

        log_info("selftest programs: %s: %lu pages, loaded %u times", subject->name,
                 expected_pages(subject), ROUNDS);
        well = passed && well;
    }
    if (CHECKED_BUILD)
        log_info("selftest programs: %u failed allocations survived", failures);
    return well;
}
