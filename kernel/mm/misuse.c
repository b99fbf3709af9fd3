/* Frames and heap misused on purpose: see kernel/fault_menu.h. */
#include "kernel/fault_menu.h"

#include <stdint.h>

#include "arch/mmu.h"
#include "frame_zone.h"
#include "kernel/address_map.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/mm/fail.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/slab.h"
#include "lib/compiler.h"
#include "lib/string.h"

#define SMALL 40
#define LARGE 20000

#define OWN_SLABS 4000 /* a size that nothing else asks for: some 14 to a slab */
#define ASTRAY    UINT64_C(0x4141414141414141)

/* Volatile, so that the compiler does not see what is done to it. */
static volatile uint8_t sink;
static uint8_t not_in_the_heap[SMALL];

/* Hides from the compiler where the pointer is from. */
static void *laundered(void *pointer)
{
    __asm__ volatile("" : "+r"(pointer));
    return pointer;
}

static void free_twice(void)
{
    void *object = laundered(heap_alloc(SMALL));

    heap_free(object);
    heap_free(laundered(object)); /* fault: heap-double-free */
}

static void free_large_twice(void)
{
    void *block = laundered(heap_alloc(LARGE));

    heap_free(block);
    heap_free(laundered(block)); /* fault: heap-double-large */
}

static void free_foreign(void)
{
    heap_free(laundered(not_in_the_heap)); /* fault: heap-foreign-free */
}

static void free_inside(void)
{
    uint8_t *object = laundered(heap_alloc(SMALL));

    heap_free(object + 16); /* fault: heap-inner-free */
}

static void overrun_large(void)
{
    volatile uint8_t *block = laundered(heap_alloc(LARGE));

    for (unsigned i = 0; i < LARGE + 64; i++)
        block[i] = 0; /* fault: heap-overrun */
}

static void overrun_small(void)
{
    volatile uint8_t *object = laundered(heap_alloc(SMALL));

    object[SMALL] = 0;
    heap_free(laundered((void *)(uintptr_t)object)); /* fault: heap-red-zone */
}

static void read_freed(void)
{
    volatile uint8_t *block = laundered(heap_alloc(LARGE));

    heap_free(laundered((void *)(uintptr_t)block));
    sink = block[100]; /* fault: heap-read-freed */
}

static void write_freed(void)
{
    volatile uint8_t *object = laundered(heap_alloc(SMALL));

    heap_free(laundered((void *)(uintptr_t)object)); /* fault: heap-write-freed */
    object[8] = 1;
    heap_trim(); /* the quarantine is emptied, and what leaves it looked at */
}

static void read_never_mapped(void)
{
    sink =
        *(volatile uint8_t *)(HEAP_START + HEAP_BYTES - PAGE_SIZE); /* fault: heap-never-mapped */
}

static void execute_heap(void)
{
    uint8_t *object = heap_alloc(SMALL);

    object[0] = 0xc3;                      /* RET */
    ((void (*)(void))laundered(object))(); /* fault: heap-execute */
}

static void exhaust(void)
{
    void *object = laundered(heap_alloc(HEAP_BYTES / 2));

    log_info("out of memory: heap_alloc() returned %s", object ? "an object" : "NULL");
}

static void free_frame_twice(void)
{
    paddr_t frame = frame_alloc();

    frame_free(frame);
    frame_free(frame); /* fault: frame-double-free */
}

static void free_foreign_frame(void)
{
    paddr_t phys;

    if (arch_mmu_lookup((vaddr_t)kernel_text_start, &phys))
        frame_free(phys); /* fault: frame-foreign-free */
}

static void free_misaligned_frame(void)
{
    paddr_t frame = frame_alloc();

    frame_free(frame + 8); /* fault: frame-misaligned */
}

static void free_inside_run(void)
{
    paddr_t run = frame_alloc_run(8, PAGE_SIZE, FRAME_ANYWHERE);

    frame_free_run(run + PAGE_SIZE, 7); /* fault: frame-inner-free */
}

/* A write that goes astray and hits the numbers in front of the objects of a slab that is listed: the next to touch the
 * list is whoever frees the slab's last object. Checked builds keep what was freed until the trim. */
static void overwrite_heap_list(void)
{
    void *objects[40];
    struct slab *victim;

    for (unsigned i = 0; i < ARRAY_COUNT(objects); i++)
        objects[i] = laundered(heap_alloc(OWN_SLABS));
    victim = slab_of(objects[ARRAY_COUNT(objects) / 2]);
    for (unsigned i = 0; i < ARRAY_COUNT(objects); i++) {
        if (slab_of(objects[i]) != victim)
            continue;
        if (victim->is_listed)
            victim->next = laundered((void *)ASTRAY);
        heap_free(laundered(objects[i])); /* fault: heap-list-corrupt */
        heap_trim();
    }
}

static bool are_halves(const struct frame_zone *zone, paddr_t run, paddr_t other)
{
    return ((run - zone->start) ^ (other - zone->start)) == 8 * PAGE_SIZE;
}

/* The same in the numbers that are kept for each frame: of two halves of a block one is free and listed. */
static void overwrite_frame_list(void)
{
    paddr_t run, kept = frame_alloc_run(8, PAGE_SIZE, FRAME_ANYWHERE);
    struct frame_zone *zone = &frame_zones[frame_zone_of(kept)];

    do {
        run = kept;
        kept = frame_alloc_run(8, PAGE_SIZE, FRAME_ANYWHERE);
    } while (kept && !are_halves(zone, run, kept));
    frame_free_run(run, 8);
    zone->buddy.frames[(run - zone->start) / PAGE_SIZE].next = (uint32_t)ASTRAY;
    frame_free_run(kept, 8); /* fault: frame-list-corrupt */
}

static uint32_t failing_number;

static void fail_allocation(void) { memory_fail_allocation(failing_number); }

static const char *lacks_checks(void) { return CHECKED_BUILD ? NULL : "this is no checked build"; }

/* clang-format off */
static const struct fault_menu_entry entries[] = {
    {"heap-double-free", "free an object twice", free_twice, true, NULL},
    {"heap-double-large", "free a large block twice", free_large_twice, true, NULL},
    {"heap-foreign-free", "free what the heap never gave out", free_foreign, true, NULL},
    {"heap-inner-free", "free a pointer into an object", free_inside, true, NULL},
    {"heap-overrun", "write beyond a large block", overrun_large, true, NULL},
    {"heap-red-zone", "write beyond a small object", overrun_small, true, lacks_checks},
    {"heap-read-freed", "read a large block that was freed", read_freed, true, NULL},
    {"heap-write-freed", "write to an object that was freed", write_freed, true, lacks_checks},
    {"heap-never-mapped", "read where the heap has never been", read_never_mapped, true, NULL},
    {"heap-execute", "call into an object of the heap", execute_heap, true, NULL},
    {"heap-exhausted", "ask for more than there is; execution goes on", exhaust, true, NULL},
    {"frame-double-free", "free a frame twice", free_frame_twice, true, NULL},
    {"frame-foreign-free", "free a frame of the kernel's image", free_foreign_frame, true, NULL},
    {"frame-misaligned", "free an address inside a frame", free_misaligned_frame, true, NULL},
    {"frame-inner-free", "free a part of a run of frames", free_inside_run, true, NULL},
    {"heap-list-corrupt", "a write into one of the heap's lists", overwrite_heap_list, true, NULL},
    {"frame-list-corrupt", "a write into a list of free frames", overwrite_frame_list, true, NULL},
};
/* clang-format on */

const struct fault_menu heap_fault_menu = {entries, ARRAY_COUNT(entries)};

/* The decimal number behind a prefix; 0 when there is none. */
static uint32_t number_behind(const char *name, const char *prefix)
{
    uint32_t number = 0;

    if (strncmp(name, prefix, strlen(prefix)) != 0)
        return 0;
    for (name += strlen(prefix); *name >= '0' && *name <= '9' && number < 100000; name++)
        number = number * 10 + (uint32_t)(*name - '0');
    return *name == '\0' ? number : 0;
}

const struct fault_menu_entry *heap_fault_failing_allocation(const char *name)
{
    static const struct fault_menu_entry entry = {"no-memory-N", "one allocation fails",
                                                  fail_allocation, false, NULL};

    failing_number = CHECKED_BUILD ? number_behind(name, "no-memory-") : 0;
    return failing_number ? &entry : NULL;
}
