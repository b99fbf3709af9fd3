/* Every rule of the audit is broken once: the audit must count it, and be clean again afterwards. */
#include "memory_selftest.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/vmap.h"
#include "lib/compiler.h"

/* A device that is no RAM. */
#define DEVICE_PHYS 0xfee00000

static paddr_t frame; /* for mappings that need one */

static bool map(vaddr_t virt, paddr_t phys, unsigned rights)
{
    const struct mmu_mapping mapping = {
        .virt = virt, .phys = phys, .bytes = PAGE_SIZE, .rights = rights};

    return arch_mmu_map(&kernel_space, &mapping) == STATUS_OK;
}

static void unmap(vaddr_t virt) { arch_mmu_unmap(&kernel_space, virt, PAGE_SIZE); }

static void unmap_spare(void) { unmap(SPARE_VIRT); }

static paddr_t frame_of(const char *in_image)
{
    paddr_t phys = 0;

    arch_mmu_lookup((vaddr_t)in_image, &phys);
    return phys;
}

static bool map_text_writable(void)
{
    return map(SPARE_VIRT, frame_of(kernel_text_start), MMU_WRITE);
}

static bool map_constants_writable(void)
{
    return map(SPARE_VIRT, frame_of(kernel_rodata_start), MMU_WRITE);
}

static bool map_sealed_writable(void)
{
    return map(SPARE_VIRT, frame_of(kernel_after_init_start), MMU_WRITE);
}

static bool map_executable(void) { return map(SPARE_VIRT, frame, MMU_EXECUTE); }

/* The user's right counts when every level gives it: also those that the boot has filled, of which there are one or two. */
static void flip_user_at_top(void)
{
    paddr_t table = kernel_space.tables.root;
    uint64_t *entry;

    for (unsigned level = kernel_space.tables.levels; level >= 4; level--) {
        entry = (uint64_t *)phys_to_virt(table) + page_index(SPARE_VIRT, level);
        if (!(*entry & PTE_PRESENT))
            return;
        *entry ^= PTE_USER;
        table = *entry & PTE_ADDRESS;
    }
}

static bool map_for_user(void)
{
    flip_user_at_top();
    return map(SPARE_VIRT, frame, MMU_USER);
}

static void unmap_from_user(void)
{
    unmap(SPARE_VIRT);
    flip_user_at_top();
}

static bool map_page_0(void) { return map(0, frame, MMU_WRITE); }

static void unmap_page_0(void) { unmap(0); }

static vaddr_t stack_guard(void) { return cpu_self()->stacks[STACK_MAIN].low - PAGE_SIZE; }

static bool map_stack_guard(void) { return map(stack_guard(), frame, MMU_WRITE); }

static void unmap_stack_guard(void) { unmap(stack_guard()); }

static void *reserved;

static bool map_reservation_guard(void)
{
    reserved = vmap_stack(PAGE_SIZE);
    return reserved && map((vaddr_t)reserved + PAGE_SIZE, frame, MMU_WRITE);
}

static void unmap_reservation_guard(void)
{
    unmap((vaddr_t)reserved + PAGE_SIZE);
    vmap_free(reserved);
}

static bool map_device_directly(void)
{
    return map(DIRECT_MAP_START + DEVICE_PHYS, DEVICE_PHYS, MMU_WRITE);
}

static void unmap_device(void) { unmap(DIRECT_MAP_START + DEVICE_PHYS); }

static struct address_space space;

/* Another space, whose entry for the heap's part of the kernel's half is another one, by a bit that no CPU looks at: with
 * paging of 5 levels that part is all of it. */
static bool change_top_entry(void)
{
    uint64_t *root;

    if (arch_mmu_space_create(&space) != STATUS_OK)
        return false;
    root = phys_to_virt(space.tables.root);
    root[page_index(HEAP_START, space.tables.levels)] ^= PTE_KEPT;
    arch_mmu_space_switch(&space);
    return true;
}

static void leave_space(void)
{
    arch_mmu_space_switch(&kernel_space);
    arch_mmu_space_destroy(&space);
}

static const struct {
    enum mmu_rule rule;
    bool (*breach)(void);
    void (*mend)(void);
} breaches[] = {
    {MMU_WRITABLE_AND_EXECUTABLE, map_text_writable, unmap_spare},
    {MMU_EXECUTABLE_ELSEWHERE, map_executable, unmap_spare},
    {MMU_WRITABLE_CONSTANTS, map_constants_writable, unmap_spare},
    {MMU_WRITABLE_AFTER_INIT, map_sealed_writable, unmap_spare},
    {MMU_USER_IN_KERNEL_HALF, map_for_user, unmap_from_user},
    {MMU_MAPPED_IN_USER_HALF, map_page_0, unmap_page_0},
    {MMU_MAPPED_GUARDS, map_stack_guard, unmap_stack_guard},
    {MMU_MAPPED_GUARDS, map_reservation_guard, unmap_reservation_guard},
    {MMU_DIRECT_MAP_STRAYS, map_device_directly, unmap_device},
    {MMU_TOP_ENTRIES, change_top_entry, leave_space},
};

static bool is_clean(const struct mmu_audit *audit)
{
    for (enum mmu_rule rule = 0; rule < MMU_RULE_COUNT; rule++)
        if (audit->broken[rule] > 0)
            return false;
    return true;
}

/* Without NX the CPU cannot deny execution, and the audit says nothing about it. */
static bool is_found(const struct mmu_audit *audit, enum mmu_rule rule)
{
    return audit->broken[rule] == 1 ||
           (!audit->execution_can_be_denied && rule <= MMU_EXECUTABLE_ELSEWHERE);
}

static bool try_breach(unsigned number)
{
    struct mmu_audit broken = {0}, mended;
    irq_state_t state = arch_irq_save(); /* nothing else runs meanwhile */
    bool done = breaches[number].breach();

    if (done)
        arch_mmu_audit(&broken);
    if (done)
        breaches[number].mend();
    arch_mmu_audit(&mended);
    arch_irq_restore(state);
    if (done && is_found(&broken, breaches[number].rule) && is_clean(&mended))
        return true;
    log_error("selftest audit: breach %u of rule %u: done %u, counted %lu", number,
              breaches[number].rule, done, broken.broken[breaches[number].rule]);
    return false;
}

bool memory_selftest_audit(void)
{
    unsigned found = 0;

    frame = frame_alloc();
    for (unsigned i = 0; i < ARRAY_COUNT(breaches); i++)
        found += try_breach(i);
    frame_free(frame);
    log_info("selftest audit: %u of %lu breaches found", found, ARRAY_COUNT(breaches));
    return found == ARRAY_COUNT(breaches);
}
