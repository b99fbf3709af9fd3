/*
 * selftest=shootdown: other CPUs use pages, so that they remember their translations, and the boot CPU changes what is
 * mapped there. Each must see the change at its next access, whatever changed, of pages of any size and number, the
 * kernel's and a user's; and nobody is asked to forget what it cannot know.
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

/* The CPUs that look: so many after the boot CPU, in the order of ids. */
static unsigned watcher_count;

/* Calls a function on each of them, one after the other. */
static void on_watchers(void (*function)(void *), void *argument)
{
    struct cpu *cpu = cpu_self();

    for (unsigned i = 0; i < watcher_count && (cpu = cpu_next(cpu)); i++)
        cpu_call(cpu, function, argument);
}

/* What they find at an address. The exception table covers the copy's target too, so that a write can be tried. */
struct look {
    vaddr_t virt;
    bool readable, writable;
    uint64_t value;        /* where it is readable */
    unsigned disappointed; /* how many found something else */
};

static void look_there(void *argument)
{
    struct look *look = argument;
    uint64_t value;
    bool readable = arch_probe_user(&value, look->virt, sizeof(value)) == 0;
    bool writable =
        readable && arch_probe_user((void *)look->virt, (vaddr_t)&value, sizeof(value)) == 0;

    if (readable != look->readable || writable != look->writable ||
        (readable && value != look->value))
        look->disappointed++;
}

/* Both ends of the pages, as all watchers see them; `value` counts where they can be read. */
static bool is_seen(const struct mmu_mapping *pages, bool readable, bool writable, uint64_t value)
{
    const vaddr_t ends[] = {pages->virt, pages->virt + pages->bytes - PAGE_SIZE};
    unsigned disappointed = 0;

    for (unsigned i = 0; i < ARRAY_COUNT(ends); i++) {
        struct look look = {ends[i], readable, writable, value, 0};

        on_watchers(look_there, &look);
        disappointed += look.disappointed;
    }
    return disappointed == 0;
}

static void fill(paddr_t phys, uint64_t value)
{
    for (uint64_t page = 0; page < PAGES_MAX; page++)
        *(uint64_t *)phys_to_virt(phys + page * PAGE_SIZE) = value;
}

/* Mapped, read-only, something else, nothing: the watchers look after each step, and so remember what must be forgotten at
 * the next. */
static bool changes_are_seen(struct address_space *space, struct mmu_mapping pages, paddr_t other)
{
    bool well = arch_mmu_map(space, &pages) == STATUS_OK && is_seen(&pages, true, true, ONE_KIND) &&
                arch_mmu_protect(space, pages.virt, pages.bytes, pages.rights & ~MMU_WRITE,
                                 MMU_WRITE_BACK) == STATUS_OK &&
                is_seen(&pages, true, false, ONE_KIND) &&
                arch_mmu_unmap(space, pages.virt, pages.bytes) == STATUS_OK;

    pages.phys = other;
    return well && arch_mmu_map(space, &pages) == STATUS_OK && is_seen(&pages, true, true, OTHER) &&
           arch_mmu_unmap(space, pages.virt, pages.bytes) == STATUS_OK &&
           is_seen(&pages, false, false, 0);
}

/* One, several, more than are forgotten one by one, and a large page. */
static bool test_space(struct address_space *space, vaddr_t virt, paddr_t phys, unsigned rights)
{
    static const uint64_t page_counts[] = {1, 2, 40, PAGES_MAX};

    fill(phys, ONE_KIND);
    fill(phys + PAGES_MAX * PAGE_SIZE, OTHER);
    for (unsigned i = 0; i < ARRAY_COUNT(page_counts); i++) {
        struct mmu_mapping pages = {.virt = virt,
                                    .phys = phys,
                                    .bytes = page_counts[i] * PAGE_SIZE,
                                    .rights = rights | MMU_WRITE};

        if (changes_are_seen(space, pages, phys + PAGES_MAX * PAGE_SIZE))
            continue;
        log_error("selftest shootdown: %lu pages at %016lx: FAILED", page_counts[i], virt);
        arch_mmu_unmap(space, virt, pages.bytes);
        return false;
    }
    return true;
}

static void use_space(void *space) { arch_mmu_space_switch(space); }

/* A page that is unmapped is one call for each watcher, and none for anybody else. */
static bool watchers_alone_are_asked(struct address_space *space, paddr_t phys)
{
    static unsigned long before[CPUS_MAX];
    struct mmu_mapping page = {
        .virt = USER_START, .phys = phys, .bytes = PAGE_SIZE, .rights = MMU_USER | MMU_WRITE};
    unsigned left = watcher_count;
    bool well;

    for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        before[cpu->id] = cpu->call_count;
    well = arch_mmu_map(space, &page) == STATUS_OK &&
           arch_mmu_unmap(space, page.virt, page.bytes) == STATUS_OK;
    for (struct cpu *cpu = cpu_next(cpu_self()); cpu; cpu = cpu_next(cpu))
        well = well && cpu->call_count - before[cpu->id] == (left > 0 && left-- > 0);
    return well;
}

/* All but the last of the others use the space, or the only one. Its pages are a user's, and then the kernel's, which are
 * global there, too. */
static bool test_user_space(paddr_t phys)
{
    unsigned users = cpu_count() > 2 ? cpu_count() - 2 : 1;
    struct address_space space;
    bool well;

    if (arch_mmu_space_create(&space) != STATUS_OK)
        return false;
    watcher_count = 0;
    well = watchers_alone_are_asked(&space, phys);
    watcher_count = users;
    on_watchers(use_space, &space);
    well = watchers_alone_are_asked(&space, phys) && well;
    well = test_space(&space, 2 * MIB, phys, MMU_USER) && well;
    well = test_space(&space, 2 * MIB, phys, 0) && well;
    on_watchers(use_space, &kernel_space);
    watcher_count = 0;
    well = watchers_alone_are_asked(&space, phys) && well;
    arch_mmu_space_destroy(&space);
    return well;
}

/* The boot CPU, which changes everything, asks itself nothing. */
bool memory_selftest_shootdown(void)
{
    unsigned long before = cpu_self()->call_count;
    paddr_t phys;
    bool well;

    if (cpu_count() == 1) {
        log_info("selftest shootdown: there is one CPU alone");
        return true;
    }
    phys = frame_alloc_run(2 * PAGES_MAX, PAGES_MAX * PAGE_SIZE, FRAME_ANYWHERE);
    if (phys == 0)
        return false;
    watcher_count = cpu_count() - 1;
    well = test_space(&kernel_space, SPARE_VIRT, phys, 0);
    well = test_user_space(phys) && well;
    frame_free_run(phys, 2 * PAGES_MAX);
    return well && cpu_self()->call_count == before;
}
