/*
 * selftest=shootdown: CPU 1 uses pages, so that it remembers their translations, and the boot CPU changes what is mapped
 * there. CPU 1 must see the change at its next access, whatever changed, of pages of any size and number.
 */
#include "memory_selftest.h"

#include "arch/mmu.h"
#include "arch/trap.h"
#include "kernel/address_map.h"
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "lib/compiler.h"

#define PAGES_MAX 512 /* a large page */
#define ONE_KIND  UINT64_C(0x1111111111111111)
#define OTHER     UINT64_C(0x2222222222222222)

/* What CPU 1 finds at an address. The exception table covers the copy's target too, so that a write can be tried. */
struct look {
    vaddr_t virt;
    uint64_t value;
    bool readable, writable;
};

static void look_there(void *argument)
{
    struct look *look = argument;

    look->readable = arch_probe_read(&look->value, look->virt, sizeof(look->value)) == 0;
    look->writable = look->readable && arch_probe_read((void *)look->virt, (vaddr_t)&look->value,
                                                       sizeof(look->value)) == 0;
}

/* Both ends of the pages, as CPU 1 sees them; `value` counts where they can be read. */
static bool is_seen(const struct mmu_mapping *pages, bool readable, bool writable, uint64_t value)
{
    const vaddr_t ends[] = {pages->virt, pages->virt + pages->bytes - PAGE_SIZE};
    bool well = true;

    for (unsigned i = 0; i < ARRAY_COUNT(ends); i++) {
        struct look look = {.virt = ends[i]};

        cpu_call(cpu_by_id(1), look_there, &look);
        well = well && look.readable == readable && look.writable == writable &&
               (!readable || look.value == value);
    }
    return well;
}

static void fill(paddr_t phys, uint64_t value)
{
    for (uint64_t page = 0; page < PAGES_MAX; page++)
        *(uint64_t *)phys_to_virt(phys + page * PAGE_SIZE) = value;
}

/* Mapped, read-only, something else, nothing: CPU 1 looks after each step, and so remembers what must be forgotten at the
 * next. */
static bool changes_are_seen(struct address_space *space, struct mmu_mapping pages, paddr_t other)
{
    bool well = arch_mmu_map(space, &pages) == STATUS_OK && is_seen(&pages, true, true, ONE_KIND) &&
                arch_mmu_protect(space, pages.virt, pages.bytes, 0, MMU_WRITE_BACK) == STATUS_OK &&
                is_seen(&pages, true, false, ONE_KIND) &&
                arch_mmu_unmap(space, pages.virt, pages.bytes) == STATUS_OK;

    pages.phys = other;
    return well && arch_mmu_map(space, &pages) == STATUS_OK && is_seen(&pages, true, true, OTHER) &&
           arch_mmu_unmap(space, pages.virt, pages.bytes) == STATUS_OK &&
           is_seen(&pages, false, false, 0);
}

/* One, several, more than are forgotten one by one, and a large page. The pages are the kernel's in any space: with
 * a user's the CPU would refuse the kernel's own access (SMAP). */
static bool test_space(struct address_space *space, vaddr_t virt, paddr_t phys)
{
    static const uint64_t page_counts[] = {1, 2, 40, PAGES_MAX};

    fill(phys, ONE_KIND);
    fill(phys + PAGES_MAX * PAGE_SIZE, OTHER);
    for (unsigned i = 0; i < ARRAY_COUNT(page_counts); i++) {
        struct mmu_mapping pages = {
            .virt = virt, .phys = phys, .bytes = page_counts[i] * PAGE_SIZE, .rights = MMU_WRITE};

        if (changes_are_seen(space, pages, phys + PAGES_MAX * PAGE_SIZE))
            continue;
        log_error("selftest shootdown: %lu pages at %016lx: FAILED", page_counts[i], virt);
        arch_mmu_unmap(space, virt, pages.bytes);
        return false;
    }
    return true;
}

static void use_space(void *space) { arch_mmu_space_switch(space); }

/* Who does not use a space is not asked to forget anything of it. */
static bool others_are_left_alone(struct address_space *space, paddr_t phys)
{
    struct mmu_mapping page = {
        .virt = USER_START, .phys = phys, .bytes = PAGE_SIZE, .rights = MMU_WRITE};
    uint64_t before = cpu_by_id(1)->call_count;

    return arch_mmu_map(space, &page) == STATUS_OK &&
           arch_mmu_unmap(space, page.virt, page.bytes) == STATUS_OK &&
           cpu_by_id(1)->call_count == before;
}

static bool test_user_space(paddr_t phys)
{
    struct address_space space;
    bool well;

    if (arch_mmu_space_create(&space) != STATUS_OK)
        return false;
    well = others_are_left_alone(&space, phys);
    cpu_call(cpu_by_id(1), use_space, &space);
    well = test_space(&space, 2 * MIB, phys) && well;
    cpu_call(cpu_by_id(1), use_space, &kernel_space);
    well = others_are_left_alone(&space, phys) && well;
    arch_mmu_space_destroy(&space);
    return well;
}

bool memory_selftest_shootdown(void)
{
    paddr_t phys;
    bool well;

    if (!cpu_by_id(1)) {
        log_info("selftest shootdown: there is one CPU alone");
        return true;
    }
    phys = frame_alloc_run(2 * PAGES_MAX, PAGES_MAX * PAGE_SIZE, FRAME_ANYWHERE);
    if (phys == 0)
        return false;
    well = test_space(&kernel_space, SPARE_VIRT, phys);
    well = test_user_space(phys) && well;
    frame_free_run(phys, 2 * PAGES_MAX);
    return well;
}
