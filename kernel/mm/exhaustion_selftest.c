/* What happens when there is no memory: everything that allocates says so, and nothing is lost. */
#include "memory_selftest.h"

#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/log.h"
#include "kernel/mm/fail.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/memory.h"
#include "kernel/mm/vmap.h"
#include "lib/compiler.h"

#define LARGEST_RUN (UINT64_C(1) << 27)

/* A run of frames that is held: its length, and the one before, written into the run itself. */
struct held {
    paddr_t before;
    uint64_t pages;
};

/* Everything there is, the largest runs first, so that little is touched. */
static paddr_t take_everything(void)
{
    paddr_t last = 0;

    for (uint64_t pages = LARGEST_RUN; pages > 0; pages /= 2) {
        paddr_t run;

        while ((run = frame_alloc_run(pages, PAGE_SIZE, FRAME_ANYWHERE)) != 0) {
            *(struct held *)phys_to_virt(run) = (struct held){last, pages};
            last = run;
        }
    }
    return last;
}

static void give_everything(paddr_t last)
{
    while (last) {
        struct held held = *(struct held *)phys_to_virt(last);

        frame_free_run(last, held.pages);
        last = held.before;
    }
}

/* Each operation takes something and gives it back; false when it was told that there is no memory. */
static bool use_frame(void)
{
    paddr_t frame = frame_alloc();

    if (frame)
        frame_free(frame);
    return frame != 0;
}

static bool use_small_object(void)
{
    void *object = heap_alloc(100);

    heap_free(object);
    return object != NULL;
}

static bool use_large_object(void)
{
    void *object = heap_alloc(100000), *larger = heap_realloc(object, 200000);

    heap_free(larger ? larger : object);
    return larger != NULL;
}

static bool use_stack(void)
{
    void *stack = vmap_stack(4 * PAGE_SIZE);

    if (stack)
        vmap_free(stack);
    return stack != NULL;
}

static bool use_device(void)
{
    void *device = vmap_device(0xfed00000, PAGE_SIZE, MMU_UNCACHED);

    if (device)
        vmap_free(device);
    return device != NULL;
}

static bool use_space(void)
{
    struct address_space space;
    struct mmu_mapping mapping = {.virt = USER_START, .bytes = PAGE_SIZE, .rights = MMU_USER};
    bool mapped;

    if (arch_mmu_space_create(&space) != STATUS_OK)
        return false;
    mapping.phys = frame_alloc();
    mapped = mapping.phys && arch_mmu_map(&space, &mapping) == STATUS_OK;
    if (mapping.phys && !mapped)
        frame_free(mapping.phys);
    arch_mmu_space_destroy(&space);
    return mapped;
}

static const struct {
    bool (*run)(void);
    bool always_takes_frames; /* a device may find its tables there */
} operations[] = {{use_frame, true}, {use_small_object, true}, {use_large_object, true},
                  {use_stack, true}, {use_device, false},      {use_space, true}};

bool memory_selftest_fail_each(bool (*run)(void), unsigned *failures)
{
    for (uint32_t number = 1; CHECKED_BUILD; number++) {
        struct memory_counts before;
        bool worked;

        memory_count(&before);
        memory_fail_allocation(number);
        worked = run();
        memory_fail_allocation(0);
        if (!memory_is_balanced(&before, "before an allocation failed"))
            return false;
        if (worked)
            break;
        ++*failures;
    }
    return true;
}

static bool fail_one_by_one(void)
{
    unsigned failures = 0;

    for (unsigned i = 0; i < ARRAY_COUNT(operations); i++)
        if (!memory_selftest_fail_each(operations[i].run, &failures))
            return false;
    if (CHECKED_BUILD)
        log_info("selftest memory: %u failed allocations survived", failures);
    return true;
}

bool memory_selftest_exhaustion(void)
{
    paddr_t last = take_everything();
    bool well = last != 0 && frame_alloc() == 0;

    for (unsigned i = 0; i < ARRAY_COUNT(operations); i++)
        well = !(operations[i].run() && operations[i].always_takes_frames) && well;
    give_everything(last);
    for (unsigned i = 0; i < ARRAY_COUNT(operations); i++)
        well = operations[i].run() && well;
    return fail_one_by_one() && well;
}
