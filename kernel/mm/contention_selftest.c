/*
 * Two parts of selftest=memory. In the first every CPU allocates, fills, passes on, checks and frees at the same time,
 * frames and heap of all sizes. What one puts into a slot the next that comes to it takes out, mostly another CPU: so what
 * is freed mostly belongs to the caches of others. Each parcel is full of numbers that follow from who made it, so that
 * memory which was handed out twice, or freed too early, is found when it is opened. In the second what one CPU allocated
 * is freed by all.
 */
#include <stdatomic.h>

#include "arch/mmu.h"
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/vmap.h"
#include "lib/compiler.h"
#include "lib/random.h"
#include "memory_selftest.h"

#define SEED       UINT64_C(0x5eed0010)
#define SPREAD     UINT64_C(0x9e3779b97f4a7c15) /* 2^64 by the golden ratio: odd, and far from 0 */
#define SLOTS      256
#define PARCELS    6000 /* of all CPUs together */
#define RUN_FRAMES 5

enum kind { SMALL, MIDDLING, LARGE, FRAME, RUN, STACK, KIND_COUNT };

struct parcel {
    enum kind kind;
    uint32_t maker;
    uint64_t bytes;
    uint64_t seed;
    uint64_t numbers[];
};

static _Atomic(struct parcel *) slots[SLOTS];
static atomic_ulong opened[KIND_COUNT]; /* by a CPU that did not make them */
static atomic_ulong failures;

static uint64_t number_at(const struct parcel *parcel, uint64_t i)
{
    return parcel->seed + (parcel->maker + i + 1) * SPREAD;
}

static uint64_t number_count(const struct parcel *parcel)
{
    return (parcel->bytes - sizeof(*parcel)) / sizeof(parcel->numbers[0]);
}

static void *reach(paddr_t phys) { return phys ? phys_to_virt(phys) : NULL; }

/* Sizes of objects vary, so that all classes of slabs come to their turn. */
static struct parcel *allocate(enum kind kind, uint64_t *random, uint64_t *bytes)
{
    *bytes = PAGE_SIZE;
    switch (kind) {
    case SMALL:
        *bytes = sizeof(struct parcel) + random_below(random, 200);
        return heap_alloc(*bytes);
    case MIDDLING:
        *bytes = 256 + random_below(random, 7000);
        return heap_alloc(*bytes);
    case LARGE:
        *bytes = 8193 + random_below(random, 20000);
        return heap_alloc(*bytes);
    case RUN:
        *bytes = RUN_FRAMES * PAGE_SIZE;
        return reach(frame_alloc_run(RUN_FRAMES, PAGE_SIZE, FRAME_ANYWHERE));
    case STACK:
        return vmap_stack(PAGE_SIZE);
    default:
        return reach(frame_alloc());
    }
}

/* The rare ones change page tables, which every other CPU has to be told. */
static enum kind choose_kind(uint64_t *random)
{
    static const enum kind frequent[] = {SMALL, SMALL, SMALL, MIDDLING, FRAME, FRAME, RUN};
    uint64_t number = random_below(random, 100);

    return number < 1 ? LARGE : number < 2 ? STACK : frequent[number % ARRAY_COUNT(frequent)];
}

static struct parcel *make_parcel(uint64_t *random)
{
    enum kind kind = choose_kind(random);
    uint64_t bytes;
    struct parcel *parcel = allocate(kind, random, &bytes);

    if (!parcel)
        return NULL;
    *parcel = (struct parcel){
        .kind = kind, .maker = cpu_self()->id, .bytes = bytes, .seed = random_next(random)};
    for (uint64_t i = 0; i < number_count(parcel); i++)
        parcel->numbers[i] = number_at(parcel, i);
    return parcel;
}

static void give_back(struct parcel *parcel)
{
    vaddr_t address = (vaddr_t)parcel;
    paddr_t phys = 0;

    switch (parcel->kind) {
    case FRAME:
        arch_mmu_lookup(address, &phys);
        frame_free(phys);
        break;
    case RUN:
        arch_mmu_lookup(address, &phys);
        frame_free_run(phys, RUN_FRAMES);
        break;
    case STACK:
        vmap_free(parcel);
        break;
    default:
        heap_free(parcel);
    }
}

/* One whose contents are wrong stays as it is: what it says of itself may be wrong as well. */
static void open_parcel(struct parcel *parcel)
{
    bool whole = true;

    for (uint64_t i = 0; whole && i < number_count(parcel); i++)
        whole = parcel->numbers[i] == number_at(parcel, i);
    if (!whole) {
        atomic_fetch_add(&failures, 1);
        return;
    }
    if (parcel->maker != cpu_self()->id)
        atomic_fetch_add(&opened[parcel->kind], 1);
    give_back(parcel);
}

static void pass_parcels(void *unused)
{
    uint64_t random = SEED + cpu_self()->id * SPREAD;

    (void)unused;
    for (unsigned left = PARCELS / cpu_count(); left > 0; left--) {
        struct parcel *parcel = make_parcel(&random);

        if (!parcel) {
            atomic_fetch_add(&failures, 1);
            continue;
        }
        parcel = atomic_exchange(&slots[random_below(&random, SLOTS)], parcel);
        if (parcel)
            open_parcel(parcel);
    }
}

/* Each kind was freed by others than its makers. */
static bool all_kinds_were_passed_on(void)
{
    bool all = true;

    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        all = atomic_exchange(&opened[kind], 0) > 0 && all;
    return all || cpu_count() == 1;
}

bool memory_selftest_contention(void)
{
    bool well;

    atomic_store(&failures, 0);
    cpu_run_on_all(pass_parcels, NULL);
    for (unsigned i = 0; i < SLOTS; i++) {
        struct parcel *parcel = atomic_exchange(&slots[i], NULL);

        if (parcel)
            open_parcel(parcel);
    }
    well = all_kinds_were_passed_on();
    log_debug("selftest memory: %u CPUs passed on %u objects, seed %lx: %lu failures", cpu_count(),
              PARCELS, SEED, atomic_load(&failures));
    return well && atomic_load(&failures) == 0;
}

/* ---- what one CPU allocated, freed by all ---- */

#define SHARED       4000
#define SHARED_BYTES 64
#define ROUNDS       30

static void *shared[SHARED];
static atomic_uint arrived, next_shared;

/* Neighbours in a slab go to different CPUs, at the same moment: nobody begins before all are there. */
static void free_shared(void *unused)
{
    unsigned i;

    (void)unused;
    atomic_fetch_add(&arrived, 1);
    while (atomic_load(&arrived) < cpu_count())
        arch_cpu_relax();
    while ((i = atomic_fetch_add(&next_shared, 1)) < SHARED)
        heap_free(shared[i]);
}

bool memory_selftest_sharing(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < SHARED; i++)
            if (!(shared[i] = heap_alloc(SHARED_BYTES)))
                return false;
        atomic_store(&arrived, 0);
        atomic_store(&next_shared, 0);
        cpu_run_on_all(free_shared, NULL);
    }
    return true;
}
