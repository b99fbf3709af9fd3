/* Whether what was taken came back: see kernel/mm/memory.h. */
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/memory.h"
#include "kernel/mm/vmap.h"

static void trim(void *unused)
{
    (void)unused;
    heap_trim();
}

/* One CPU after the other: each slab that goes is forgotten by all, and those that wait for the lock meanwhile would be
 * slower to answer, under an emulator by far, than those that idle. */
void memory_count(struct memory_counts *counts)
{
    struct heap_statistics heap;

    for (struct cpu *cpu = cpu_next(NULL); cpu; cpu = cpu_next(cpu))
        cpu_run(cpu, trim, NULL);
    vmap_trim();
    heap_statistics(&heap);
    counts->frames = frame_allocated_count();
    counts->objects = heap.object_count + heap.large_count;
}

bool memory_is_balanced(const struct memory_counts *before, const char *when)
{
    struct memory_counts now;
    bool balanced;

    memory_count(&now);
    balanced = now.frames == before->frames && now.objects == before->objects;
    log_write(balanced ? LOG_DEBUG : LOG_ERROR,
              "memory: %lu frames and %lu heap objects are allocated, %s %lu and %lu", now.frames,
              now.objects, when, before->frames, before->objects);
    return balanced;
}
