/*
 * Programs: the files that the loader read, checked, and made into address spaces. The list is made at
 * boot and never changes, so it is read without a lock, on any CPU.
 *
 * What instances of a program share - text and constants - is memory that nothing can write any more,
 * not through the direct map either: no frame is executable here and writable there.
 */
#ifndef KERNEL_USER_PROGRAM_H
#define KERNEL_USER_PROGRAM_H

#include "arch/mmu.h"
#include "boot/boot_info.h"
#include "lib/elf_program.h"
#include "lib/region_list.h"
#include "lib/slice.h"

struct program {
    char name[BOOT_PROGRAM_NAME_MAX + 1];
    struct elf_image image;
    paddr_t file; /* page-aligned; its symbols lie there too, for reports */
    uint32_t size_bytes;
    paddr_t copies; /* the ELF_PAGE_COPY pages, one behind the other in ascending order */
};

/* Where a program begins (include/abi/start.h); every other register is 0. */
struct program_start {
    vaddr_t entry;
    vaddr_t stack;
};

/*
 * Takes the files of the handoff over: those that can be programs go into the list, each that cannot is
 * named with the reason. Boot CPU, once, when there is a heap.
 */
void programs_init(const struct boot_info *info);

/* Programs by number, from 0 on; NULL behind the last. */
const struct program *program_at(size_t index);

/* By name, whatever the case of its letters; NULL when there is none. */
const struct program *program_find(struct slice name);

/* Whether there is the program that a command of the option run= names; warns if not. */
bool program_is_known(struct slice command);

/*
 * A new address space with the program in it and a stack for that command, which must have passed
 * command_check(); *regions, which must be empty, says what it may have there: of the stack it has only the last page so far. ERR_NO_MEMORY: then nothing was made. arch_mmu_space_destroy() gives everything back
 * that is the instance's own. Any CPU.
 */
status_t program_load(const struct program *program, struct slice command,
                      struct address_space *space, struct region_list *regions,
                      struct program_start *start);

#endif
