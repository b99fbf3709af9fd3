/* See buddy.h. Indices count from the stretch's first frame; a block's buddy is found by frame
 * numbers, so that blocks are aligned in memory whatever the stretch begins with. */
#include "buddy.h"

#include "lib/align.h"
#include "lib/string.h"
#include "lib/types.h"

static uint64_t group_count(uint64_t count) { return align_up(count, BUDDY_GROUP) / BUDDY_GROUP; }

static uint64_t frames_bytes(uint64_t count)
{
    return align_up(count * sizeof(struct frame), sizeof(uint64_t));
}

static uint64_t bitmap_bytes(uint64_t count) { return align_up(group_count(count), 64) / 8; }

uint64_t buddy_metadata_bytes(uint64_t count) { return frames_bytes(count) + bitmap_bytes(count); }

void buddy_init(struct buddy *buddy, uint64_t first, uint64_t count, void *metadata)
{
    *buddy = (struct buddy){.first = first,
                            .count = count,
                            .frames = metadata,
                            .set_up = (void *)((uint8_t *)metadata + frames_bytes(count))};
    memset(buddy->heads, 0xff, sizeof(buddy->heads));
    memset(buddy->set_up, 0, bitmap_bytes(count));
}

static struct frame *set_up(struct buddy *buddy, uint32_t index)
{
    uint64_t group = index / BUDDY_GROUP, from = group * BUDDY_GROUP;
    uint64_t count = buddy->count - from < BUDDY_GROUP ? buddy->count - from : BUDDY_GROUP;

    if (!buddy_is_set_up(buddy, index)) {
        memset(&buddy->frames[from], 0, count * sizeof(struct frame)); /* FRAME_INNER */
        buddy->set_up[group / 64] |= UINT64_C(1) << group % 64;
    }
    return &buddy->frames[index];
}

/* Whether a free block of exactly this order begins here. A number below the stretch's first has
 * wrapped around. */
static bool is_free_head(const struct buddy *buddy, uint64_t index, unsigned order)
{
    return index < buddy->count && buddy_is_set_up(buddy, index) &&
           (buddy->frames[index].info & FRAME_INFO_KIND) == frame_info(FRAME_FREE, order, 0);
}

/* A stray write to a listed block's metadata is found here, before the list leads anywhere else. */
static void check_links(const struct buddy *buddy, uint32_t index, unsigned order)
{
    const struct frame *frames = buddy->frames;
    uint32_t next, prev;

    if (!is_free_head(buddy, index, order))
        buddy_report_corruption(buddy, index, order);
    next = frames[index].next;
    prev = frames[index].prev;
    if (next != BUDDY_NONE && (!is_free_head(buddy, next, order) || frames[next].prev != index))
        buddy_report_corruption(buddy, index, order);
    if (prev == BUDDY_NONE ? buddy->heads[order] != index
                           : !is_free_head(buddy, prev, order) || frames[prev].next != index)
        buddy_report_corruption(buddy, index, order);
}

static void link_block(struct buddy *buddy, uint32_t index, unsigned order)
{
    struct frame *frame = set_up(buddy, index);
    uint32_t next = buddy->heads[order];

    if (next != BUDDY_NONE)
        check_links(buddy, next, order);
    frame->info = frame_info(FRAME_FREE, order, frame_info_site(frame->info));
    frame->prev = BUDDY_NONE;
    frame->next = next;
    if (next != BUDDY_NONE)
        buddy->frames[next].prev = index;
    buddy->heads[order] = index;
    buddy->orders |= UINT32_C(1) << order;
    buddy->free_count += UINT64_C(1) << order;
}

static void unlink_block(struct buddy *buddy, uint32_t index, unsigned order)
{
    struct frame *frame = &buddy->frames[index];

    check_links(buddy, index, order);
    if (frame->next != BUDDY_NONE)
        buddy->frames[frame->next].prev = frame->prev;
    if (frame->prev != BUDDY_NONE)
        buddy->frames[frame->prev].next = frame->next;
    else
        buddy->heads[order] = frame->next;
    if (buddy->heads[order] == BUDDY_NONE)
        buddy->orders &= ~(UINT32_C(1) << order);
    frame->info = frame_info(FRAME_INNER, 0, frame_info_site(frame->info));
    buddy->free_count -= UINT64_C(1) << order;
}

static void give_block(struct buddy *buddy, uint64_t index, unsigned order)
{
    for (; order + 1 < BUDDY_ORDERS; order++) {
        uint64_t other = ((buddy->first + index) ^ (UINT64_C(1) << order)) - buddy->first;

        if (!is_free_head(buddy, other, order))
            break;
        unlink_block(buddy, (uint32_t)other, order);
        index = other < index ? other : index;
    }
    link_block(buddy, (uint32_t)index, order);
}

static unsigned log2_floor(uint64_t value) { return 63 - (unsigned)__builtin_clzll(value); }

static unsigned log2_ceil(uint64_t value) { return value < 2 ? 0 : log2_floor(value - 1) + 1; }

void buddy_give(struct buddy *buddy, uint32_t index, uint64_t count)
{
    while (count > 0) {
        uint64_t number = buddy->first + index;
        unsigned order = log2_floor(count);
        unsigned aligned = number ? (unsigned)__builtin_ctzll(number) : BUDDY_ORDERS;

        order = order < aligned ? order : aligned;
        order = order < BUDDY_ORDERS ? order : BUDDY_ORDERS - 1;
        give_block(buddy, index, order);
        index += UINT32_C(1) << order;
        count -= UINT64_C(1) << order;
    }
}

/* A free block of this order of which the first `count` frames end at the limit or before. */
static uint32_t find_below(const struct buddy *buddy, unsigned order,
                           const struct buddy_request *request)
{
    uint32_t index = buddy->heads[order];

    while (index != BUDDY_NONE && buddy->first + index + request->count > request->limit) {
        check_links(buddy, index, order);
        index = buddy->frames[index].next;
    }
    return index;
}

/* The smallest block that will do; a stretch below the limit need not be searched. */
static uint32_t find_block(const struct buddy *buddy, unsigned *order,
                           const struct buddy_request *request)
{
    uint32_t orders = *order < BUDDY_ORDERS ? buddy->orders >> *order << *order : 0;

    for (; orders != 0; orders &= orders - 1) {
        uint32_t index;

        *order = (unsigned)__builtin_ctz(orders);
        index = buddy->first + buddy->count <= request->limit ? buddy->heads[*order]
                                                              : find_below(buddy, *order, request);
        if (index != BUDDY_NONE)
            return index;
    }
    return BUDDY_NONE;
}

bool buddy_take(struct buddy *buddy, const struct buddy_request *request, uint32_t *index)
{
    unsigned wanted = log2_ceil(request->count), order;
    struct frame *head;

    if (wanted < log2_ceil(request->align))
        wanted = log2_ceil(request->align);
    order = wanted;
    *index = find_block(buddy, &order, request);
    if (*index == BUDDY_NONE)
        return false;
    unlink_block(buddy, *index, order);
    while (order-- > wanted)
        link_block(buddy, *index + (UINT32_C(1) << order), order);
    head = &buddy->frames[*index];
    head->info = frame_info(FRAME_ALLOCATED, log2_ceil(request->count), request->site);
    head->next = (uint32_t)request->count;
    buddy_give(buddy, *index + head->next, (UINT64_C(1) << wanted) - request->count);
    return true;
}

void buddy_return(struct buddy *buddy, uint32_t index, uint32_t site)
{
    struct frame *head = &buddy->frames[index];
    uint32_t count = head->next;

    head->info = frame_info(FRAME_INNER, 0, site);
    buddy_give(buddy, index, count);
}

static uint64_t block_frames(const struct frame *head)
{
    switch (frame_info_state(head->info)) {
    case FRAME_FREE:
        return UINT64_C(1) << frame_info_order(head->info);
    case FRAME_ALLOCATED:
        return head->next;
    default:
        return 1;
    }
}

/* Who freed this very frame, or who allocated the run it is in. */
static uint32_t site_of(const struct buddy *buddy, uint32_t index, const struct frame *head)
{
    bool own = frame_info_state(head->info) == FRAME_FREE && buddy_is_set_up(buddy, index);

    return frame_info_site(own ? buddy->frames[index].info : head->info);
}

/* The head of a block lies where the frame's number is rounded down to the block's size: at the
 * first such place that is no inner frame, the block that begins there holds the frame or none
 * does. */
bool buddy_find(const struct buddy *buddy, uint32_t index, struct buddy_block *block)
{
    for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
        uint64_t number = align_down(buddy->first + index, UINT64_C(1) << order);
        uint64_t head = number - buddy->first;
        const struct frame *frame;

        if (number < buddy->first)
            return false;
        frame = &buddy->frames[head];
        if (!buddy_is_set_up(buddy, head) || frame_info_state(frame->info) == FRAME_INNER)
            continue;
        *block = (struct buddy_block){.head = (uint32_t)head,
                                      .count = block_frames(frame),
                                      .state = frame_info_state(frame->info),
                                      .site = site_of(buddy, index, frame)};
        return index < head + block->count;
    }
    return false;
}
