/* From a program's file to an address space: see kernel/user/program.h. */
#include "kernel/user/program.h"

#include "abi/start.h"
#include "kernel/address_map.h"
#include "kernel/mm/frame.h"
#include "lib/command.h"
#include "lib/string.h"

static status_t map_page(struct address_space *space, vaddr_t virt, paddr_t frame, unsigned rights)
{
    const struct mmu_mapping mapping = {
        .virt = virt, .phys = frame, .bytes = PAGE_SIZE, .rights = MMU_USER | rights};

    return arch_mmu_map(space, &mapping);
}

static status_t map_shared(const struct program *program, struct address_space *space)
{
    paddr_t copy = program->copies;
    status_t status = STATUS_OK;
    struct elf_page page;

    for (vaddr_t at = 0;
         status == STATUS_OK && elf_program_next_page(&program->image, false, at, &page);
         at = page.virt + PAGE_SIZE) {
        paddr_t frame = program->file + page.file_offset;

        if (page.source == ELF_PAGE_COPY) {
            frame = copy;
            copy += PAGE_SIZE;
        }
        status =
            map_page(space, page.virt, frame, MMU_SHARED | (page.executable ? MMU_EXECUTE : 0));
    }
    return status;
}

/* The frame is the space's afterwards, or free again. */
static status_t give_page(struct address_space *space, vaddr_t virt, paddr_t frame)
{
    status_t status = map_page(space, virt, frame, MMU_WRITE);

    if (status != STATUS_OK)
        frame_free(frame);
    return status;
}

static status_t map_own(const struct program *program, struct address_space *space)
{
    const void *file = phys_to_virt(program->file);
    status_t status = STATUS_OK;
    struct elf_page page;

    for (vaddr_t at = 0;
         status == STATUS_OK && elf_program_next_page(&program->image, true, at, &page);
         at = page.virt + PAGE_SIZE) {
        paddr_t frame = frame_alloc();

        if (frame == 0)
            return ERR_NO_MEMORY;
        elf_program_fill_page(&program->image, file, page.virt, phys_to_virt(frame));
        status = give_page(space, page.virt, frame);
    }
    return status;
}

/* Its last page has the command; the others come when they are used. */
static status_t map_stack(struct address_space *space, struct slice command, vaddr_t *stack)
{
    paddr_t frame = frame_alloc();

    if (frame == 0)
        return ERR_NO_MEMORY;
    memset(phys_to_virt(frame), 0, PAGE_SIZE);
    *stack = command_write_stack(command, phys_to_virt(frame), USER_END);
    return give_page(space, USER_END - PAGE_SIZE, frame);
}

/* Segments are few, and do not overlap: there is room for them. */
static void list_regions(const struct program *program, struct region_list *regions)
{
    struct elf_page page;

    for (int writable = 0; writable <= 1; writable++)
        for (vaddr_t at = 0; elf_program_next_page(&program->image, writable, at, &page);
             at = page.virt + PAGE_SIZE)
            region_list_add(regions, page.virt, PAGE_SIZE,
                            writable ? MMU_WRITE
                                     : MMU_SHARED | (page.executable ? MMU_EXECUTE : 0));
    region_list_add(regions, USER_STACK_START, USER_END - USER_STACK_START, MMU_WRITE);
}

status_t program_load(const struct program *program, struct slice command,
                      struct address_space *space, struct region_list *regions,
                      struct program_start *start)
{
    status_t status = arch_mmu_space_create(space);

    if (status != STATUS_OK)
        return status;
    start->entry = program->image.entry;
    status = map_shared(program, space);
    if (status == STATUS_OK)
        status = map_own(program, space);
    if (status == STATUS_OK)
        status = map_stack(space, command, &start->stack);
    if (status != STATUS_OK)
        arch_mmu_space_destroy(space);
    else
        list_regions(program, regions);
    return status;
}
