/* Slabs against a model: several CPUs that take objects of all sizes and free each other's, with
 * pages that may run out; and two threads at once. */
#include "../../kernel/mm/slab.c"
#include "../../kernel/mm/slab_audit.c"

#include <pthread.h>
#include <sys/mman.h>

#include "host_test.h"
#include "operations.h"

#define CPUS    3
#define OBJECTS 3000
#define PLACES  1024
#define PAGE    4096

static uint64_t seed;
static uint8_t *area;          /* PLACES strides */
static uint8_t in_use[PLACES]; /* pages */
static unsigned pages_mapped, pages_most;
static pthread_mutex_t area_lock = PTHREAD_MUTEX_INITIALIZER;

/* Pages that are not mapped cannot be touched here either. */
void *slab_map_pages(unsigned pages)
{
    void *start = NULL;

    pthread_mutex_lock(&area_lock);
    for (unsigned i = 0; i < PLACES && !start && pages_mapped + pages <= pages_most; i++)
        if (in_use[i] == 0) {
            in_use[i] = (uint8_t)pages;
            pages_mapped += pages;
            start = area + i * SLAB_STRIDE;
        }
    pthread_mutex_unlock(&area_lock);
    if (start) {
        assert_int_equal(mprotect(start, pages * PAGE, PROT_READ | PROT_WRITE), 0);
        memset(start, 0xff, pages * PAGE);
    }
    return start;
}

void slab_unmap_pages(void *start, unsigned pages)
{
    size_t place = (size_t)((uint8_t *)start - area) / SLAB_STRIDE;

    assert_int_equal(mprotect(start, pages * PAGE, PROT_NONE), 0);
    pthread_mutex_lock(&area_lock);
    assert_int_equal(in_use[place], pages);
    in_use[place] = 0;
    pages_mapped -= pages;
    pthread_mutex_unlock(&area_lock);
}

bool slab_is_there(const struct slab *slab)
{
    size_t place = ((uintptr_t)slab - (uintptr_t)area) / SLAB_STRIDE;

    return (uintptr_t)slab % SLAB_STRIDE == 0 && place < PLACES && in_use[place];
}

static jmp_buf reported; /* where a corrupt list leads */
static const struct slab *reported_slab;

void slab_report_corruption(const char *list, const struct slab *slab)
{
    (void)list;
    reported_slab = slab;
    longjmp(reported, 1);
}

static void start(struct slab_cpu *cpus, unsigned count)
{
    if (!area) {
        uint8_t *raw = mmap(NULL, (PLACES + 1) * SLAB_STRIDE, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        assert_ptr_not_equal(raw, MAP_FAILED);
        area = (uint8_t *)align_up((uintptr_t)raw, SLAB_STRIDE);
    }
    pages_most = UINT32_MAX;
    slab_init();
    for (unsigned i = 0; i < count; i++)
        slab_init_cpu(&cpus[i]);
}

static void *take(struct slab_cpu *cpu, size_t size)
{
    unsigned number = slab_class_of[(size + 15) / 16];

    if (cpu->current[number]->free == SLAB_END && !slab_refill(cpu, number))
        return NULL;
    return slab_take(cpu->current[number]);
}

static bool put(struct slab_cpu *cpu, void *object)
{
    struct slab *slab = slab_of(object);

    return slab_put(cpu, slab, object) || slab_put_unusual(cpu, slab, object);
}

static void every_size_has_a_class_that_holds_it(void **state)
{
    struct slab_cpu cpu;

    (void)state;
    start(&cpu, 1);
    for (size_t size = 0; size <= SLAB_OBJECT_MAX; size++) {
        unsigned number = slab_class_of[(size + 15) / 16];

        assert_true(number < SLAB_CLASS_COUNT);
        assert_true(slab_class_bytes(number) >= size);
        assert_true(number == 0 || slab_class_bytes(number - 1) < size);
        assert_true(size <= 128 || slab_class_bytes(number) <= size + size / 4 + 16);
        assert_int_equal(slab_class_bytes(number) % 16, 0);
        assert_true(slab_class_pages(number) * PAGE < SLAB_STRIDE);
    }
}

/* All objects of a slab: none overlaps another or the header, powers of two are aligned to their size,
 * the last one ends with the pages, and no other address is taken for an object. */
static void objects_lie_where_they_should(void **state)
{
    struct slab_cpu cpu;

    (void)state;
    for (unsigned number = 0; number < SLAB_CLASS_COUNT; number++) {
        size_t size, seen = 0;
        struct slab *slab;

        start(&cpu, 1);
        size = slab_class_bytes(number);
        slab = slab_of(take(&cpu, size));
        while (slab->free != SLAB_END)
            assert_ptr_equal(slab_of(take(&cpu, size)), slab);
        assert_true(slab->base >= (uintptr_t)&slab->links[slab->count]);
        assert_int_equal(slab->base + slab->count * size,
                         (uintptr_t)slab + slab_class_pages(number) * PAGE);
        for (uintptr_t at = (uintptr_t)slab; at < (uintptr_t)slab + SLAB_STRIDE; at++) {
            uint32_t found = slab_number(slab, (void *)at);
            bool is_object = at >= slab->base && (at - slab->base) % size == 0 &&
                             (at - slab->base) / size < slab->count;

            assert_int_equal(found, is_object ? (at - slab->base) / size : UINT32_MAX);
            seen += is_object;
            if (is_object && (size & (size - 1)) == 0 && size <= PAGE)
                assert_int_equal(at % size, 0);
        }
        assert_int_equal(seen, slab->count);
        for (uint32_t i = 0; i < slab->count; i++)
            assert_true(put(&cpu, (void *)(slab->base + i * size)));
        slab_trim(&cpu);
        assert_int_equal(pages_mapped, 0);
    }
}

struct object {
    uint8_t *bytes;
    size_t size;
    uint8_t fill;
};

static void fill(struct object *object) { memset(object->bytes, object->fill, object->size); }

static void check_fill(const struct object *object)
{
    for (size_t i = 0; i < object->size; i++)
        if (object->bytes[i] != object->fill)
            fail_msg("byte %zu of %zu was changed", i, object->size);
}

static void try_bad_frees(struct slab_cpu *cpu, const struct object *object)
{
    assert_false(put(cpu, object->bytes + 1));
    assert_false(put(cpu, object->bytes + 16 * (1 + random_below(&seed, 10))));
}

static void random_operations_match_the_model(void **state)
{
    static struct slab_cpu cpus[CPUS];
    static struct object objects[OBJECTS];

    (void)state;
    start(cpus, CPUS);
    memset(objects, 0, sizeof(objects));
    for (uint64_t i = 0; i < host_operations(); i++) {
        struct object *object = &objects[random_below(&seed, OBJECTS)];
        struct slab_cpu *cpu = &cpus[random_below(&seed, CPUS)];

        if (i % 4096 == 0) /* phases with little memory */
            pages_most = random_below(&seed, 3) ? UINT32_MAX : pages_mapped;
        if (object->bytes == NULL) {
            object->size = random_below(&seed, 20) ? random_below(&seed, 600)
                                                   : random_below(&seed, SLAB_OBJECT_MAX + 1);
            object->fill = (uint8_t)random_next(&seed);
            object->bytes = take(cpu, object->size);
            if (object->bytes)
                fill(object);
            continue;
        }
        check_fill(object);
        if (object->size > 200 && random_below(&seed, 8) == 0)
            try_bad_frees(cpu, object);
        assert_true(put(cpu, object->bytes));
        if (in_use[(size_t)(object->bytes - area) / SLAB_STRIDE] && random_below(&seed, 8) == 0)
            assert_false(put(&cpus[random_below(&seed, CPUS)], object->bytes));
        object->bytes = NULL;
        if (random_below(&seed, 20000) == 0)
            slab_trim(cpu);
        if (random_below(&seed, 4096) == 0)
            assert_true(slab_lists_are_sound(cpu));
    }
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[i].bytes)
            assert_true(put(&cpus[i % CPUS], objects[i].bytes));
    for (unsigned i = 0; i < CPUS; i++)
        slab_trim(&cpus[i]);
    assert_int_equal(pages_mapped, 0);
}

/* An object comes back once, whoever frees it and how often. */
static void a_second_free_is_refused(void **state)
{
    struct slab_cpu cpus[2];
    void *kept, *object;

    (void)state;
    for (unsigned first = 0; first < 2; first++)
        for (unsigned second = 0; second < 2; second++) {
            start(cpus, 2);
            kept = take(&cpus[0], 64); /* so that the slab stays */
            object = take(&cpus[0], 64);
            assert_true(put(&cpus[first], object));
            assert_false(put(&cpus[second], object));
            assert_true(put(&cpus[0], kept));
            slab_trim(&cpus[0]);
            assert_int_equal(pages_mapped, 0);
        }
}

static void what_other_cpus_freed_is_used_again(void **state)
{
    struct slab_cpu cpus[2];
    void *objects[2000];
    unsigned most;

    (void)state;
    start(cpus, 2);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < ARRAY_COUNT(objects); i++)
            objects[i] = take(&cpus[0], 100);
        most = pages_mapped;
        for (unsigned i = 0; i < ARRAY_COUNT(objects); i++)
            assert_true(put(&cpus[1], objects[i]));
        assert_true(pages_mapped <= most);
    }
    assert_true(most <= 2 * ARRAY_COUNT(objects) * 112 / PAGE);
    slab_trim(&cpus[0]);
    assert_int_equal(pages_mapped, 0);
}

static void without_memory_it_says_so_and_goes_on(void **state)
{
    struct slab_cpu cpu;
    void *object;

    (void)state;
    start(&cpu, 1);
    pages_most = 0;
    assert_null(take(&cpu, 64));
    pages_most = 8;
    object = take(&cpu, 64);
    assert_non_null(object);
    while (take(&cpu, 64))
        ;
    assert_true(put(&cpu, object));
    assert_ptr_equal(take(&cpu, 64), object);
    assert_null(take(&cpu, 64));
}

/* ---- lists that were written over ---- */

#define SLABS   3
#define NOWHERE ((struct slab *)0x4141414141414141)

#define REFILL (SLABS + 1)
#define TRIM   (SLABS + 2)

/* A CPU that has three slabs of one class listed in this order, and behind them a full one; the
 * current one is full too. */
struct lists {
    struct slab_cpu cpu;
    struct slab *slabs[SLABS + 1];
    unsigned number;
};

static void next_nowhere(struct lists *lists) { lists->slabs[1]->next = NOWHERE; }
static void previous_nowhere(struct lists *lists) { lists->slabs[1]->previous = NOWHERE; }
static void first_names_nobody(struct lists *lists) { lists->slabs[0]->next = NULL; }
static void last_names_nobody(struct lists *lists) { lists->slabs[2]->previous = NULL; }
static void last_not_listed(struct lists *lists) { lists->slabs[2]->is_listed = false; }
static void no_such_class(struct lists *lists) { lists->slabs[0]->class_number = 200; }
static void only_one_of_no_class(struct lists *lists)
{
    lists->slabs[0]->class_number = 200;
    lists->slabs[0]->next = NULL;
    lists->cpu.partial[lists->number].tail = lists->slabs[0];
}
static void no_head(struct lists *lists) { lists->cpu.partial[lists->number].head = NULL; }
static void no_tail(struct lists *lists) { lists->cpu.partial[lists->number].tail = NULL; }
static void head_nowhere(struct lists *lists) { lists->cpu.partial[lists->number].head = NOWHERE; }
static void tail_nowhere(struct lists *lists) { lists->cpu.partial[lists->number].tail = NOWHERE; }
static void ready_nowhere(struct lists *lists) { lists->cpu.ready[1] = NOWHERE; }
static void pending_nowhere(struct lists *lists) { lists->cpu.pending = NOWHERE; }

/* What a stray write did, and what comes upon it next: the slab whose objects are freed, or another of the steps. */
static struct damage {
    const char *name;
    void (*write)(struct lists *lists);
    unsigned touched, found_at; /* SLABS + 1 for NOWHERE */
} damages[] = {
    {"its next is no slab", next_nowhere, 1, 1},
    {"its previous is no slab", previous_nowhere, 1, 1},
    {"its previous does not name it", first_names_nobody, 1, 1},
    {"its next does not name it", last_names_nobody, 1, 1},
    {"its next is not listed", last_not_listed, 1, 1},
    {"its class is none", only_one_of_no_class, REFILL, 0},
    {"its previous is of no class", no_such_class, 1, 1},
    {"the head does not name the first", no_head, 0, 0},
    {"the tail does not name the last", no_tail, 2, 2},
    {"the head is no slab", head_nowhere, REFILL, SLABS + 1},
    {"the tail is no slab", tail_nowhere, SLABS, SLABS + 1},
    {"the last one, when another is listed", last_names_nobody, SLABS, 2},
    {"an empty slab is none", ready_nowhere, TRIM, SLABS + 1},
    {"one with remote objects is none", pending_nowhere, TRIM, SLABS + 1},
};

static void put_some(struct slab_cpu *cpu, struct slab *slab, uint32_t down_to)
{
    for (uint32_t i = 0; slab->used > down_to; i++)
        if (slab->links[i] == SLAB_IN_USE)
            assert_true(put(cpu, (void *)(slab->base + i * slab->size)));
}

static void make_lists(struct lists *lists)
{
    start(&lists->cpu, 1);
    lists->number = slab_class_of[4096 / 16];
    for (unsigned i = 0; i <= SLABS + 1; i++) {
        struct slab *slab = slab_of(take(&lists->cpu, 4096));

        if (i <= SLABS)
            lists->slabs[i] = slab;
        while (slab->free != SLAB_END)
            take(&lists->cpu, 4096);
    }
    for (unsigned i = 0; i < SLABS; i++)
        put_some(&lists->cpu, lists->slabs[i], listed_at(lists->slabs[i]));
}

static void a_corrupt_list_is_found(void **state)
{
    const struct damage *damage = *state;
    static struct lists lists;

    make_lists(&lists);
    damage->write(&lists);
    assert_false(slab_lists_are_sound(&lists.cpu));
    if (setjmp(reported) == 0) {
        if (damage->touched <= SLABS)
            put_some(&lists.cpu, lists.slabs[damage->touched], 0);
        else if (damage->touched == REFILL)
            slab_refill(&lists.cpu, lists.number);
        else
            slab_trim(&lists.cpu);
        fail_msg("not found");
    }
    assert_ptr_equal(reported_slab,
                     damage->found_at <= SLABS ? lists.slabs[damage->found_at] : NOWHERE);
}

/* ---- audits ---- */

/* What slab_lists_are_sound() must find, beside the above. */
static struct slab_cpu other_cpu;

static void another_owner(struct lists *lists) { lists->slabs[1]->owner = &other_cpu; }
static void another_class(struct lists *lists) { lists->slabs[1]->class_number--; }
static void current_listed(struct lists *lists)
{
    lists->cpu.current[lists->number]->is_listed = true;
}
static void current_nowhere(struct lists *lists) { lists->cpu.current[3] = NOWHERE; }
static void current_of_another(struct lists *lists)
{
    lists->cpu.current[lists->number]->owner = &other_cpu;
}
static void current_of_another_class(struct lists *lists)
{
    lists->cpu.current[0] = lists->cpu.current[lists->number];
}
static void too_many_ready(struct lists *lists) { lists->cpu.ready_count[0]++; }
static void more_ready_than_counted(struct lists *lists) { lists->cpu.ready[0] = lists->slabs[3]; }
static void pending_without_objects(struct lists *lists) { lists->cpu.pending = lists->slabs[3]; }
static void pending_of_another(struct lists *lists)
{
    assert_true(put(&other_cpu, (void *)lists->slabs[3]->base));
    lists->slabs[3]->owner = &other_cpu;
}

/* And slab_is_sound(), of the first of the listed slabs. */
static void one_more_used(struct lists *lists) { lists->slabs[0]->used++; }
static void one_lost(struct lists *lists)
{
    lists->slabs[0]->links[lists->slabs[0]->free] = SLAB_END;
}
static void free_in_a_circle(struct lists *lists)
{
    lists->slabs[0]->links[lists->slabs[0]->free] = lists->slabs[0]->free;
}
static void free_leads_astray(struct lists *lists)
{
    lists->slabs[0]->links[lists->slabs[0]->free] = 0x4141;
}
static void freed_in_both_lists(struct lists *lists)
{
    lists->slabs[0]->remote = lists->slabs[0]->free;
}
static void one_used_twice(struct lists *lists)
{
    struct slab *slab = lists->slabs[0];

    slab->links[slab->free] = SLAB_IN_USE;
    slab->free = SLAB_END;
}

static struct flaw {
    const char *name;
    void (*make)(struct lists *lists);
} list_flaws[] =
    {
        {"one of another CPU's", another_owner},
        {"one of another class", another_class},
        {"the current one is listed", current_listed},
        {"the current one is no slab", current_nowhere},
        {"the current one is another CPU's", current_of_another},
        {"the current one is of another class", current_of_another_class},
        {"fewer ready than counted", too_many_ready},
        {"more ready than counted", more_ready_than_counted},
        {"one pending for nothing", pending_without_objects},
        {"one pending on the wrong CPU", pending_of_another},
},
  slab_flaws[] = {
      {"more used than there are", one_more_used},
      {"a free one in no list", one_lost},
      {"a list without an end", free_in_a_circle},
      {"a list that leads astray", free_leads_astray},
      {"one free twice", freed_in_both_lists},
      {"one in use that is not counted", one_used_twice},
};

static void lists_that_do_not_fit_are_not_sound(void **state)
{
    const struct flaw *flaw = *state;
    static struct lists lists;

    make_lists(&lists);
    slab_init_cpu(&other_cpu);
    assert_true(slab_lists_are_sound(&lists.cpu));
    flaw->make(&lists);
    assert_false(slab_lists_are_sound(&lists.cpu));
}

static void a_slab_that_does_not_fit_is_not_sound(void **state)
{
    const struct flaw *flaw = *state;
    static struct lists lists;

    make_lists(&lists);
    slab_init_cpu(&other_cpu);
    assert_true(put(&other_cpu, (void *)(lists.slabs[3]->base)));
    for (unsigned i = 0; i <= SLABS; i++)
        assert_true(slab_is_sound(lists.slabs[i]));
    flaw->make(&lists);
    assert_false(slab_is_sound(lists.slabs[0]));
}

/* ---- two threads ---- */

#define PASSED 200000
#define RING   256

static void *volatile ring[RING];

static void *free_everything(void *cpu)
{
    for (unsigned i = 0; i < PASSED; i++) {
        void *object;

        while (!(object = __atomic_exchange_n(&ring[i % RING], NULL, __ATOMIC_ACQ_REL)))
            sched_yield();
        if (!put(cpu, object))
            abort();
    }
    return NULL;
}

static void two_threads_pass_objects(void **state)
{
    static struct slab_cpu cpus[2];
    pthread_t thread;

    (void)state;
    start(cpus, 2);
    assert_int_equal(pthread_create(&thread, NULL, free_everything, &cpus[1]), 0);
    for (unsigned i = 0; i < PASSED; i++) {
        void *object = take(&cpus[0], 16 + i % 500), *own = take(&cpus[0], 16 + i % 300);

        assert_true(object && own);
        while (__atomic_load_n(&ring[i % RING], __ATOMIC_ACQUIRE))
            sched_yield();
        __atomic_store_n(&ring[i % RING], object, __ATOMIC_RELEASE);
        assert_true(put(&cpus[0], own));
    }
    pthread_join(thread, NULL);
    slab_trim(&cpus[0]);
    slab_trim(&cpus[1]);
    assert_int_equal(pages_mapped, 0);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, every_size_has_a_class_that_holds_it);
    HOST_ADD(&tests, objects_lie_where_they_should);
    HOST_ADD(&tests, random_operations_match_the_model);
    HOST_ADD(&tests, a_second_free_is_refused);
    HOST_ADD(&tests, what_other_cpus_freed_is_used_again);
    HOST_ADD(&tests, two_threads_pass_objects);
    HOST_ADD(&tests, without_memory_it_says_so_and_goes_on);
    HOST_ADD_ROWS(&tests, a_corrupt_list_is_found, damages);
    HOST_ADD_ROWS(&tests, lists_that_do_not_fit_are_not_sound, list_flaws);
    HOST_ADD_ROWS(&tests, a_slab_that_does_not_fit_is_not_sound, slab_flaws);
    seed = UINT64_C(0x5eed000b);
    return host_tests_run(&tests, "slabs");
}
