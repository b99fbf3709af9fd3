/* selftest=memory: frames, address spaces, stacks and the heap on the machine at hand. Every part must
 * leave the counts as they were. */
#include "memory_selftest.h"

#include "arch/mmu.h"
#include "boot.h"
#include "kernel/address_map.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/memory.h"
#include "kernel/mm/slab.h"
#include "kernel/mm/vmap.h"
#include "lib/align.h"
#include "lib/compiler.h"
#include "lib/random.h"
#include "lib/rsdp.h"
#include "lib/string.h"

#define SINGLE_FRAMES 300 /* more than a CPU's cache holds */

static uint64_t random_state;

/* ---- frames ---- */

static bool test_single_frames(void)
{
    static paddr_t frames[SINGLE_FRAMES];
    bool well = true;

    for (unsigned i = 0; i < SINGLE_FRAMES; i++) {
        frames[i] = frame_alloc();
        well = well && frames[i] >= MIB && is_aligned(frames[i], PAGE_SIZE);
        if (frames[i])
            *(uint64_t *)phys_to_virt(frames[i]) = i;
    }
    for (unsigned i = 0; i < SINGLE_FRAMES; i++) {
        well = well && frames[i] && *(uint64_t *)phys_to_virt(frames[i]) == i;
        if (frames[i])
            frame_free(frames[i]);
    }
    return well;
}

static bool test_runs(void)
{
    static const struct {
        uint64_t pages, align, limit;
    } wanted[] = {{512, 2 * MIB, FRAME_ANYWHERE},
                  {13, PAGE_SIZE, 4 * GIB},
                  {1, MIB, 4 * GIB},
                  {700, 64 * KIB, FRAME_ANYWHERE}};
    paddr_t runs[ARRAY_COUNT(wanted)];
    bool well = frame_alloc_run(1, PAGE_SIZE, MIB) == 0; /* the first MiB is never handed out */

    for (unsigned i = 0; i < ARRAY_COUNT(wanted); i++) {
        runs[i] = frame_alloc_run(wanted[i].pages, wanted[i].align, wanted[i].limit);
        well = well && runs[i] && is_aligned(runs[i], wanted[i].align) &&
               runs[i] + wanted[i].pages * PAGE_SIZE <= wanted[i].limit;
        for (unsigned j = 0; j < i; j++)
            well = well && (runs[i] + wanted[i].pages * PAGE_SIZE <= runs[j] ||
                            runs[j] + wanted[j].pages * PAGE_SIZE <= runs[i]);
    }
    for (unsigned i = 0; i < ARRAY_COUNT(wanted); i++)
        if (runs[i])
            frame_free_run(runs[i], wanted[i].pages);
    return well;
}

/* ---- address spaces ---- */

static bool maps_to(struct address_space *space, vaddr_t virt, paddr_t wanted)
{
    paddr_t phys;

    return arch_mmu_space_lookup(space, virt, &phys) && phys == wanted;
}

static bool is_unmapped(struct address_space *space, vaddr_t virt)
{
    paddr_t phys;

    return !arch_mmu_space_lookup(space, virt, &phys);
}

/* What is written at one address is read at the other; a hole in a large page leaves the rest. */
static bool test_large_page(void)
{
    paddr_t phys = frame_alloc_run(512, 2 * MIB, FRAME_ANYWHERE);
    struct mmu_mapping mapping = {
        .virt = SPARE_VIRT, .phys = phys, .bytes = 2 * MIB, .rights = MMU_WRITE};
    volatile uint64_t *here = (void *)(SPARE_VIRT + MIB), *direct = phys_to_virt(phys + MIB);
    bool well;

    if (phys == 0 || arch_mmu_map(&kernel_space, &mapping) != STATUS_OK)
        return false;
    *here = 0x1234;
    well = *direct == 0x1234 && arch_mmu_map(&kernel_space, &mapping) == ERR_ALREADY_MAPPED &&
           arch_mmu_unmap(&kernel_space, SPARE_VIRT + PAGE_SIZE, PAGE_SIZE) == STATUS_OK &&
           is_unmapped(&kernel_space, SPARE_VIRT + PAGE_SIZE) &&
           maps_to(&kernel_space, SPARE_VIRT + 2 * PAGE_SIZE, phys + 2 * PAGE_SIZE) &&
           arch_mmu_protect(&kernel_space, SPARE_VIRT + MIB, PAGE_SIZE, 0, MMU_WRITE_BACK) ==
               STATUS_OK &&
           *here == 0x1234;
    arch_mmu_unmap(&kernel_space, SPARE_VIRT, 2 * MIB);
    frame_free_run(phys, 512);
    return well && is_unmapped(&kernel_space, SPARE_VIRT + MIB);
}

#define FLUSHED_PAGES 40 /* more than are flushed one by one */

/* Reads the pages, exchanges what is mapped there, and reads again: nobody may still see the old. */
static bool exchange_is_seen(uint64_t pages, paddr_t first, paddr_t second)
{
    struct mmu_mapping mapping = {
        .virt = SPARE_VIRT, .phys = first, .bytes = pages * PAGE_SIZE, .rights = MMU_WRITE};
    volatile uint64_t *last = (void *)(SPARE_VIRT + (pages - 1) * PAGE_SIZE);
    bool well = arch_mmu_map(&kernel_space, &mapping) == STATUS_OK;

    if (!well)
        return false;
    *(uint64_t *)phys_to_virt(second + (pages - 1) * PAGE_SIZE) = 2;
    *last = 1;
    well = *last == 1;
    arch_mmu_unmap(&kernel_space, SPARE_VIRT, pages * PAGE_SIZE);
    mapping.phys = second;
    well = arch_mmu_map(&kernel_space, &mapping) == STATUS_OK && *last == 2 && well;
    arch_mmu_unmap(&kernel_space, SPARE_VIRT, pages * PAGE_SIZE);
    return well;
}

static bool test_flush(void)
{
    static const uint64_t page_counts[] = {1, 2, FLUSHED_PAGES};
    uint64_t bytes = 2 * FLUSHED_PAGES * PAGE_SIZE;
    paddr_t phys = frame_alloc_run(2 * FLUSHED_PAGES, PAGE_SIZE, FRAME_ANYWHERE);
    bool well = phys != 0;

    for (unsigned i = 0; well && i < ARRAY_COUNT(page_counts); i++)
        well = exchange_is_seen(page_counts[i], phys, phys + bytes / 2);
    if (phys)
        frame_free_run(phys, 2 * FLUSHED_PAGES);
    return well;
}

/* A page of a space is there in that space alone, and all of it comes back. */
static bool test_user_space(void)
{
    struct address_space space;
    struct mmu_mapping mapping = {
        .virt = USER_START, .bytes = PAGE_SIZE, .rights = MMU_USER | MMU_WRITE};
    bool well;

    mapping.phys = frame_alloc();
    if (mapping.phys == 0 || arch_mmu_space_create(&space) != STATUS_OK)
        return false;
    well = arch_mmu_map(&space, &mapping) == STATUS_OK &&
           maps_to(&space, USER_START, mapping.phys) && is_unmapped(&kernel_space, USER_START) &&
           !is_unmapped(&space, (vaddr_t)&kernel_space);
    arch_mmu_space_destroy(&space);
    return well;
}

static bool test_stacks(void)
{
    uint8_t *stacks[40]; /* more than the reservations have room for at first */
    bool well = true;

    for (unsigned i = 0; i < ARRAY_COUNT(stacks); i++) {
        stacks[i] = vmap_stack(2 * PAGE_SIZE);
        if (!stacks[i])
            return false;
        well = well && stacks[i][0] == 0 && stacks[i][2 * PAGE_SIZE - 1] == 0 &&
               is_unmapped(&kernel_space, (vaddr_t)stacks[i] - 1) &&
               is_unmapped(&kernel_space, (vaddr_t)stacks[i] + 2 * PAGE_SIZE);
        stacks[i][0] = 1;
    }
    for (unsigned i = 0; i < ARRAY_COUNT(stacks); i++)
        vmap_free(stacks[i]);
    return well && is_unmapped(&kernel_space, (vaddr_t)stacks[0]);
}

/* ---- heap ---- */

#define SLOTS 256

static struct slot {
    uint8_t *bytes;
    size_t size;
    uint8_t fill;
} slots[SLOTS];

static bool holds_its_fill(const struct slot *slot, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (slot->bytes[i] != slot->fill)
            return false;
    return true;
}

static size_t random_size(void)
{
    return random_below(&random_state, 10) == 0 ? random_below(&random_state, 100000)
                                                : random_below(&random_state, 2000);
}

static bool fill_slot(struct slot *slot)
{
    size_t align = (size_t)1 << random_below(&random_state, 14);
    bool aligned = random_below(&random_state, 4) == 0;

    slot->size = random_size();
    slot->fill = (uint8_t)random_below(&random_state, 256);
    slot->bytes = aligned ? heap_alloc_aligned(align, slot->size) : heap_alloc(slot->size);
    if (!slot->bytes || !is_aligned((vaddr_t)slot->bytes, aligned ? align : 16))
        return false;
    memset(slot->bytes, slot->fill, slot->size);
    return true;
}

static bool resize_slot(struct slot *slot)
{
    size_t size = 1 + random_size(), kept = size < slot->size ? size : slot->size;
    uint8_t *bytes = heap_realloc(slot->bytes, size);

    if (!bytes)
        return false;
    slot->bytes = bytes;
    if (!holds_its_fill(slot, kept))
        return false;
    slot->size = size;
    memset(bytes, slot->fill, size);
    return true;
}

/* Objects of all sizes, in random order; each is seen to hold what was written to it. */
static bool test_heap(void)
{
    bool well = true;

    for (unsigned i = 0; i < 5000 && well; i++) {
        struct slot *slot = &slots[random_below(&random_state, SLOTS)];

        if (!slot->bytes) {
            well = fill_slot(slot);
        } else if (random_below(&random_state, 3) == 0) {
            well = resize_slot(slot);
        } else {
            well = holds_its_fill(slot, slot->size);
            heap_free(slot->bytes);
            slot->bytes = NULL;
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        heap_free(slots[i].bytes);
        slots[i].bytes = NULL;
    }
    return well;
}

static bool test_heap_edges(void)
{
    uint64_t *zeroed = heap_calloc(100, 8);
    void *nothing = heap_alloc(0);
    bool well = zeroed && nothing && heap_calloc(SIZE_MAX / 2, 4) == NULL &&
                heap_alloc(SIZE_MAX) == NULL && heap_alloc(SIZE_MAX - 4096) == NULL &&
                heap_alloc(HEAP_BYTES) == NULL;

    for (unsigned i = 0; zeroed && i < 100; i++)
        well = well && zeroed[i] == 0;
    heap_free(NULL);
    heap_free(nothing);
    return well && heap_realloc(zeroed, 0) == NULL;
}

static bool says(vaddr_t address, const char *wanted)
{
    char text[160];

    heap_describe(address, text, sizeof(text));
    if (strncmp(text, wanted, strlen(wanted)) == 0)
        return true;
    log_error("selftest memory: %016lx is said to be: %s", address, text);
    return false;
}

/* What a report would say of addresses of the heap. */
static bool test_descriptions(void)
{
    uint8_t *large = heap_alloc(20000), *small = heap_alloc(40);
    bool well;

    if (!large || !small)
        return false;
    well = says((vaddr_t)small + 1, "inside an allocated ") && says((vaddr_t)large, "in ") &&
           says(align_up((vaddr_t)large + 20000, PAGE_SIZE), "beyond the end of ") &&
           says(HEAP_START + HEAP_BYTES - 1, "never-mapped heap") &&
           says(align_down((vaddr_t)small, SLAB_STRIDE), "in the heap's own numbers") &&
           says(align_down((vaddr_t)small, SLAB_STRIDE) + SLAB_STRIDE - 1, "beyond the last ");
    heap_free(large);
    heap_free(small);
    heap_trim();
    return says((vaddr_t)large + 5000, "freed heap: ") &&
           says((vaddr_t)small, "freed heap: the slab ") && well;
}

static const struct {
    const char *name;
    bool (*run)(void);
} parts[] = {
    {"single frames", test_single_frames},
    {"runs of frames", test_runs},
    {"a large page", test_large_page},
    {"flushing", test_flush},
    {"a user space", test_user_space},
    {"guarded stacks", test_stacks},
    {"the heap", test_heap},
    {"the heap's edges", test_heap_edges},
    {"descriptions", test_descriptions},
    {"all CPUs at once", memory_selftest_contention},
    {"one CPU's objects freed by all", memory_selftest_sharing},
    {"mappings by all CPUs at once", memory_selftest_mappings},
    {"no memory left", memory_selftest_exhaustion},
};

bool memory_selftest_acpi(void)
{
    uint64_t before = memory_free_bytes(), bytes;
    struct rsdp root;

    if (rsdp_read(&root, boot_info.rsdp_bytes, sizeof(boot_info.rsdp_bytes)) != NULL ||
        strcmp(memory_name_at(root.xsdt ? root.xsdt : root.rsdt), "ACPI tables") != 0)
        return false;
    bytes = memory_reclaim_acpi();
    log_info("selftest acpi-memory: %lu KiB given back", bytes / KIB);
    return bytes > 0 && memory_free_bytes() == before + bytes && memory_reclaim_acpi() == 0;
}

bool memory_selftest(void)
{
    bool well = memory_lists_are_sound();

    random_state = 0x5eed000a;
    for (unsigned i = 0; i < ARRAY_COUNT(parts); i++) {
        struct memory_counts before;
        bool passed;

        memory_count(&before);
        passed = parts[i].run();
        passed = memory_is_balanced(&before, "before it was tested") && passed;
        passed = memory_lists_are_sound() && passed;
        if (!passed)
            log_error("selftest memory: %s: FAILED", parts[i].name);
        well = well && passed;
    }
    log_info("selftest memory: %lu parts, and nothing was kept", ARRAY_COUNT(parts));
    return well;
}
