/* The buddy allocator against a model that knows the owner of each frame. Its metadata begins as
 * rubbish that looks like metadata, as a warm reset leaves it. */
#include "../../kernel/mm/buddy.c"
#include "../../kernel/mm/buddy_audit.c"

#include <sys/mman.h>

#include "host_test.h"
#include "operations.h"

#define FRAMES_MAX 3000
#define RUNS_MAX   1024
#define FREE       0
#define NOT_GIVEN  UINT32_MAX

static uint64_t seed;
static jmp_buf reported; /* where a corrupt list leads */
static uint32_t reported_index;

void buddy_report_corruption(const struct buddy *buddy, uint32_t index, unsigned order)
{
    (void)buddy;
    (void)order;
    reported_index = index;
    longjmp(reported, 1);
}

struct run {
    uint32_t index, count, site;
};

struct model {
    struct buddy buddy;
    void *metadata;
    uint32_t owner[FRAMES_MAX]; /* FREE, NOT_GIVEN, or the number of a run counted from 1 */
    uint32_t freed_by[FRAMES_MAX];
    struct run runs[RUNS_MAX];
    uint32_t run_count;
};

static void start(struct model *model, uint64_t first, uint32_t count)
{
    size_t bytes = buddy_metadata_bytes(count);
    uint32_t *words = malloc(bytes);

    for (size_t i = 0; i < bytes / 4; i++)
        words[i] = (uint32_t)random_below(&seed, 3) ? (uint32_t)random_below(&seed, 0x400)
                                                    : (uint32_t)random_next(&seed);
    memset(model, 0, sizeof(*model));
    memset(model->owner, 0xff, sizeof(model->owner));
    model->metadata = words;
    buddy_init(&model->buddy, first, count, words);
}

static void give(struct model *model, uint32_t index, uint32_t count)
{
    buddy_give(&model->buddy, index, count);
    for (uint32_t i = index; i < index + count; i++)
        model->owner[i] = FREE;
}

static bool all_free(const struct model *model, uint64_t index, uint64_t count)
{
    if (index >= model->buddy.count || count > model->buddy.count - index)
        return false;
    for (uint64_t i = index; i < index + count; i++)
        if (model->owner[i] != FREE)
            return false;
    return true;
}

/* What the allocator promises: when an aligned block of the next power of two is free, it is found. */
static bool could_take(const struct model *model, const struct buddy_request *request)
{
    uint64_t size = 1, number;

    while (size < request->count || size < request->align)
        size *= 2;
    for (number = align_up(model->buddy.first, size);
         number + request->count <= request->limit && number < model->buddy.first + FRAMES_MAX;
         number += size)
        if (all_free(model, number - model->buddy.first, size))
            return true;
    return false;
}

static void take_one(struct model *model, const struct buddy_request *request)
{
    bool expected = could_take(model, request);
    uint32_t index;

    if (model->run_count == RUNS_MAX)
        return;
    assert_int_equal(buddy_take(&model->buddy, request, &index), expected);
    if (!expected)
        return;
    assert_true(all_free(model, index, request->count));
    assert_int_equal((model->buddy.first + index) % request->align, 0);
    assert_true(model->buddy.first + index + request->count <= request->limit);
    model->runs[model->run_count++] = (struct run){index, (uint32_t)request->count, request->site};
    for (uint64_t i = index; i < index + request->count; i++)
        model->owner[i] = model->run_count;
}

static void return_one(struct model *model, uint32_t number, uint32_t site)
{
    struct run run = model->runs[number], last = model->runs[model->run_count - 1];

    for (uint32_t i = run.index; i < run.index + run.count; i++)
        model->owner[i] = FREE;
    for (uint32_t i = last.index; number + 1 < model->run_count && i < last.index + last.count; i++)
        model->owner[i] = number + 1;
    model->freed_by[run.index] = site;
    model->runs[number] = last;
    model->run_count--;
    buddy_return(&model->buddy, run.index, site);
}

/* What buddy_find() says of a frame is what the model knows. */
static void check_find(const struct model *model, uint32_t index)
{
    uint32_t owner = model->owner[index];
    struct buddy_block block;
    bool found = buddy_find(&model->buddy, index, &block);

    assert_int_equal(found, owner != NOT_GIVEN);
    if (owner == FREE) {
        assert_int_equal(block.state, FRAME_FREE);
        assert_true(all_free(model, block.head, block.count));
        assert_true(index >= block.head && index < block.head + block.count);
    } else if (found) {
        assert_int_equal(block.state, FRAME_ALLOCATED);
        assert_int_equal(block.head, model->runs[owner - 1].index);
        assert_int_equal(block.count, model->runs[owner - 1].count);
        assert_int_equal(block.site, model->runs[owner - 1].site);
    }
}

/* Each frame is what the model knows, and the lists hold all that are free. */
static void check_invariants(const struct model *model)
{
    uint64_t free_frames = 0;

    for (uint32_t i = 0; i < model->buddy.count; i++) {
        free_frames += model->owner[i] == FREE;
        check_find(model, i);
    }
    assert_int_equal(free_frames, model->buddy.free_count);
    assert_true(buddy_is_sound(&model->buddy));
}

static void random_request(struct model *model)
{
    struct buddy_request request = {
        .count = random_below(&seed, 4) ? 1 : 1 + random_below(&seed, 200),
        .align = UINT64_C(1) << (random_below(&seed, 3) ? 0 : random_below(&seed, 10)),
        .limit = random_below(&seed, 4) ? UINT64_MAX
                                        : model->buddy.first + random_below(&seed, FRAMES_MAX),
        .site = (uint32_t)random_below(&seed, 1 << 23)};

    take_one(model, &request);
}

static void random_operations(struct model *model, uint64_t operations)
{
    for (uint64_t i = 0; i < operations; i++) {
        /* Phases of growing and of shrinking, so that full and empty both come. */
        bool growing = random_below(&seed, 100) < (i / 3000 % 2 ? 35 : 65);

        if (growing || model->run_count == 0)
            random_request(model);
        else
            return_one(model, (uint32_t)random_below(&seed, model->run_count),
                       (uint32_t)random_below(&seed, 1 << 23));
        check_find(model, (uint32_t)random_below(&seed, model->buddy.count));
        if (i % 1024 == 0)
            check_invariants(model);
    }
}

/* A stretch that begins and ends anywhere, with holes. */
static void random_operations_match_the_model(void **state)
{
    static struct model model;
    uint64_t rounds = 20;

    (void)state;
    for (uint64_t round = 0; round < rounds; round++) {
        uint32_t count = 1 + (uint32_t)random_below(&seed, FRAMES_MAX), at = 0;

        start(&model, random_below(&seed, UINT64_C(1) << (10 + round)), count);
        while (at < count) {
            uint32_t hole = (uint32_t)random_below(&seed, 40), length;

            at += random_below(&seed, 3) ? 0 : hole;
            if (at >= count)
                break;
            length = 1 + (uint32_t)random_below(&seed, count - at);
            give(&model, at, length);
            at += length;
        }
        random_operations(&model, host_operations() / rounds);
        while (model.run_count > 0)
            return_one(&model, model.run_count - 1, 0);
        check_invariants(&model);
        free(model.metadata);
    }
}

/* Setting up 2^31 frames writes the metadata of a few groups only. */
static void a_large_stretch_costs_little(void **state)
{
    uint64_t count = BUDDY_MAX - 5, bytes = buddy_metadata_bytes(count), groups = 0;
    struct buddy buddy;
    void *metadata = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    (void)state;
    assert_ptr_not_equal(metadata, MAP_FAILED);
    buddy_init(&buddy, 3, count, metadata);
    buddy_give(&buddy, 0, count);
    for (uint64_t i = 0; i < align_up(count, BUDDY_GROUP) / BUDDY_GROUP; i++)
        groups += buddy.set_up[i / 64] >> i % 64 & 1;
    assert_int_equal(buddy.free_count, count);
    assert_true(groups < 80);
    munmap(metadata, bytes);
}

static void metadata_is_at_most_0_3_percent(void **state)
{
    (void)state;
    for (uint64_t count = 16384; count <= BUDDY_MAX; count *= 2)
        assert_true(buddy_metadata_bytes(count) * 1000 <= count * PAGE_SIZE * 3);
}

/* Who freed a frame is still known after it has become part of a larger block. */
static void a_freed_frame_remembers_who_freed_it(void **state)
{
    static struct model model;
    struct buddy_request single = {.count = 1, .align = 1, .limit = UINT64_MAX, .site = 11};
    struct buddy_block block;

    (void)state;
    start(&model, 0, 64);
    give(&model, 0, 64);
    for (unsigned i = 0; i < 64; i++)
        take_one(&model, &single);
    for (uint32_t i = 64; i-- > 0;)
        return_one(&model, i, 100 + i);
    for (uint32_t i = 0; i < 64; i++) {
        assert_true(buddy_find(&model.buddy, i, &block));
        assert_int_equal(block.count, 64);
        assert_int_equal(block.site, model.freed_by[i]);
    }
    free(model.metadata);
}

/* Metadata that was never set up, and looks like a free block, or a run, right beside one. */
static void what_was_never_set_up_means_nothing(void **state)
{
    const uint32_t stale[] = {frame_info(FRAME_FREE, 9, 0), frame_info(FRAME_ALLOCATED, 0, 0)};
    struct frame frames[2 * BUDDY_GROUP + 8] ALIGNED(8); /* and the bitmap */

    (void)state;
    for (unsigned i = 0; i < ARRAY_COUNT(stale); i++) {
        struct buddy_block block;
        struct buddy buddy;

        for (unsigned at = 0; at < ARRAY_COUNT(frames); at++)
            frames[at] = (struct frame){.next = 1, .prev = BUDDY_NONE, .info = stale[i]};
        buddy_init(&buddy, 0, 2 * BUDDY_GROUP, frames);
        buddy_give(&buddy, 0, BUDDY_GROUP);
        assert_int_equal(buddy.free_count, BUDDY_GROUP);
        assert_true(buddy_find(&buddy, 5, &block));
        assert_int_equal(block.count, BUDDY_GROUP);
        assert_false(buddy_find(&buddy, BUDDY_GROUP, &block));
        assert_false(buddy_find(&buddy, BUDDY_GROUP + 7, &block));
    }
}

static void a_run_that_cannot_be_is_refused(void **state)
{
    static struct model model;
    struct buddy_request huge = {.count = BUDDY_MAX, .align = 1, .limit = UINT64_MAX},
                         aligned = {.count = 1, .align = UINT64_C(1) << 30, .limit = UINT64_MAX};
    uint32_t index;

    (void)state;
    start(&model, 1, 2000);
    give(&model, 0, 2000);
    assert_false(buddy_take(&model.buddy, &huge, &index));
    assert_false(buddy_take(&model.buddy, &aligned, &index));
    check_invariants(&model);
    free(model.metadata);
}

enum touch { TAKE, TAKE_BELOW, GIVE_BESIDE, GIVE_ANOTHER };

/* A stray write to the list of free blocks of 4 frames, at 0, 8 and 16 with the last one first, and what comes upon it
 * next: a take of the first, a search for one below a limit, a free that joins, a free that is listed before them. */
static struct damage {
    const char *name;
    uint32_t index;
    struct frame frame;
    enum touch touch;
    uint32_t found_at;
} damages[] = {
    {"the first's next is no frame", 16, {0x41414141, BUDDY_NONE, FRAME_FREE | 2 << 4}, TAKE, 16},
    {"the first's next is no head", 16, {9, BUDDY_NONE, FRAME_FREE | 2 << 4}, TAKE, 16},
    {"the first's next is another", 16, {0, BUDDY_NONE, FRAME_FREE | 2 << 4}, TAKE, 16},
    {"the first is not the head", 16, {8, 0, FRAME_FREE | 2 << 4}, TAKE, 16},
    {"the first is not free", 16, {8, BUDDY_NONE, FRAME_ALLOCATED | 2 << 4}, TAKE, 16},
    {"a search comes upon the first",
     16,
     {0x41414141, BUDDY_NONE, FRAME_FREE | 2 << 4},
     TAKE_BELOW,
     16},
    {"one in the middle", 8, {0, 0x41414141, FRAME_FREE | 2 << 4}, GIVE_BESIDE, 8},
    {"one in the middle names the last", 8, {0, 0, FRAME_FREE | 2 << 4}, GIVE_BESIDE, 8},
    {"one in the middle says it is the first",
     8,
     {0, BUDDY_NONE, FRAME_FREE | 2 << 4},
     GIVE_BESIDE,
     8},
    {"the neighbour of a joined one", 0, {BUDDY_NONE, 16, FRAME_FREE | 2 << 4}, GIVE_BESIDE, 8},
    {"the first, when another is listed", 16, {8, 3, FRAME_FREE | 2 << 4}, GIVE_ANOTHER, 16},
};

static void touch(struct buddy *buddy, enum touch how)
{
    struct buddy_request request = {.count = 4, .align = 1, .limit = UINT64_MAX};
    uint32_t index;

    request.limit = how == TAKE_BELOW ? 5 : UINT64_MAX;
    if (how == TAKE || how == TAKE_BELOW)
        buddy_take(buddy, &request, &index);
    else
        buddy_give(buddy, how == GIVE_BESIDE ? 12 : 24, 4);
}

/* Room for 32 frames and the bitmap. */
#define FRAMES 40

static void make_lists(struct buddy *buddy, struct frame *frames)
{
    buddy_init(buddy, 0, 32, frames);
    buddy_give(buddy, 0, 4);
    buddy_give(buddy, 8, 4);
    buddy_give(buddy, 16, 4);
}

static void a_corrupt_list_is_found(void **state)
{
    const struct damage *damage = *state;
    struct frame frames[FRAMES] ALIGNED(8) = {0};
    struct buddy buddy;

    make_lists(&buddy, frames);
    frames[damage->index] = damage->frame;
    assert_false(buddy_is_sound(&buddy));
    if (setjmp(reported) == 0) {
        touch(&buddy, damage->touch);
        fail_msg("not found");
    }
    assert_int_equal(reported_index, damage->found_at);
}

static void frame_too_many(struct buddy *buddy) { buddy->free_count++; }
static void order_not_said(struct buddy *buddy) { buddy->orders = 0; }
static void order_without_block(struct buddy *buddy) { buddy->orders |= 1; }

/* The last block of the list, 0, and the 4 frames behind it, which nobody joined with it. */
static void halves_apart(struct buddy *buddy)
{
    buddy->frames[0].next = 4;
    buddy->frames[4] = (struct frame){.next = BUDDY_NONE, .prev = 0, .info = FRAME_FREE | 2 << 4};
    buddy->free_count += 4;
}

/* A list that leads back into itself. */
static void no_end(struct buddy *buddy) { buddy->frames[0].next = 16; }

static void head_beyond_the_end(struct buddy *buddy) { buddy->heads[3] = 32, buddy->orders |= 8; }

static struct flaw {
    const char *name;
    void (*make)(struct buddy *buddy);
} flaws[] = {
    {"more frames counted than listed", frame_too_many},
    {"an order's list is not known of", order_not_said},
    {"an order has no list", order_without_block},
    {"two halves side by side", halves_apart},
    {"a list without an end", no_end},
    {"a head beyond the stretch", head_beyond_the_end},
};

static void what_does_not_fit_is_not_sound(void **state)
{
    const struct flaw *flaw = *state;
    struct frame frames[FRAMES] ALIGNED(8) = {0};
    struct buddy buddy;

    make_lists(&buddy, frames);
    assert_true(buddy_is_sound(&buddy));
    flaw->make(&buddy);
    assert_false(buddy_is_sound(&buddy));
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, random_operations_match_the_model);
    HOST_ADD(&tests, a_large_stretch_costs_little);
    HOST_ADD(&tests, metadata_is_at_most_0_3_percent);
    HOST_ADD(&tests, a_freed_frame_remembers_who_freed_it);
    HOST_ADD(&tests, what_was_never_set_up_means_nothing);
    HOST_ADD(&tests, a_run_that_cannot_be_is_refused);
    HOST_ADD_ROWS(&tests, a_corrupt_list_is_found, damages);
    HOST_ADD_ROWS(&tests, what_does_not_fit_is_not_sound, flaws);
    seed = UINT64_C(0x5eed0005);
    return host_tests_run(&tests, "buddy");
}
