/* The list of programs: see kernel/user/program.h. Everything in it was bad input until checked here. */
#include "abi/start.h"
#include "kernel/address_map.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/memory.h"
#include "kernel/user/program.h"
#include "lib/align.h"
#include "lib/command.h"
#include "lib/compiler.h"
#include "lib/edit_distance.h"
#include "lib/string.h"

static struct program *programs READ_ONLY_AFTER_INIT;
static size_t program_count READ_ONLY_AFTER_INIT;

/* Nobody writes there any more, so that it may become executable elsewhere. */
static bool make_read_only(paddr_t start, uint64_t bytes)
{
    return arch_mmu_protect(&kernel_space, (vaddr_t)phys_to_virt(start), bytes, 0,
                            MMU_WRITE_BACK) == STATUS_OK;
}

static void fill_copies(const struct program *program)
{
    uint8_t *copy = phys_to_virt(program->copies);
    struct elf_page page;

    for (vaddr_t at = 0; elf_program_next_page(&program->image, false, at, &page);
         at = page.virt + PAGE_SIZE)
        if (page.source == ELF_PAGE_COPY) {
            elf_program_fill_page(&program->image, phys_to_virt(program->file), page.virt, copy);
            copy += PAGE_SIZE;
        }
}

/* Pages that instances share, where the file has no whole one: made once, and kept like the file. */
static const char *make_copies(struct program *program)
{
    uint64_t count = elf_program_copy_count(&program->image);

    if (count == 0)
        return NULL;
    program->copies = frame_alloc_run(count, PAGE_SIZE, FRAME_ANYWHERE);
    if (program->copies == 0)
        return status_text(ERR_NO_MEMORY);
    fill_copies(program);
    if (make_read_only(program->copies, count * PAGE_SIZE))
        return NULL;
    frame_free_run(program->copies, count);
    return status_text(ERR_NO_MEMORY);
}

static void add_program(const struct boot_program *file)
{
    const struct elf_program_limits limits = {.user_end = USER_END,
                                              .stack_guard = USER_STACK_START - PAGE_SIZE,
                                              .memory_bytes = memory_free_bytes()};
    struct program *program = &programs[program_count];
    const char *problem;

    *program = (struct program){.file = file->address, .size_bytes = file->size_bytes};
    string_copy(program->name, sizeof(program->name), file->name, sizeof(file->name) - 1);
    problem =
        elf_program_read(&program->image, phys_to_virt(file->address), file->size_bytes, &limits);
    if (!problem)
        problem = make_copies(program);
    if (problem) {
        log_warn("program %s is refused: %s", program->name, problem);
        return;
    }
    log_write(file->built_in ? LOG_DEBUG : LOG_INFO,
              "program %s: %u KiB, entry %lx, %lu KiB in memory", program->name,
              (unsigned)(align_up(file->size_bytes, KIB) / KIB), program->image.entry,
              (program->image.end - program->image.start) / KIB);
    program_count++;
}

void programs_init(const struct boot_info *info)
{
    if (info->program_count == 0)
        return;
    programs = heap_calloc(info->program_count, sizeof(*programs));
    if (!programs ||
        !make_read_only(info->programs_start, info->programs_end - info->programs_start)) {
        log_warn("there is no memory for the list of programs: none can be started");
        return;
    }
    for (uint32_t i = 0; i < info->program_count; i++)
        add_program(&info->programs[i]);
}

const struct program *program_at(size_t index)
{
    return index < program_count ? &programs[index] : NULL;
}

const struct program *program_find(struct slice name)
{
    for (size_t i = 0; i < program_count; i++)
        if (slice_is_name(name, programs[i].name))
            return &programs[i];
    return NULL;
}

bool program_is_known(struct slice command)
{
    struct slice name = command_name(command);
    struct nearest nearest = nearest_begin(name);

    if (program_find(name))
        return true;
    for (size_t i = 0; i < program_count; i++)
        nearest_offer(&nearest, programs[i].name);
    log_warn("run=%.*s: there is no program \\programs\\%.*s%s%s", (int)name.length, name.text,
             (int)name.length, name.text, nearest.name ? ", the nearest is " : "",
             nearest.name ? nearest.name : "");
    return false;
}
