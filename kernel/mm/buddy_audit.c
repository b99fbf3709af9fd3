/* Whether a stretch's lists of free blocks are whole: see buddy.h. Nothing is believed before it is checked. */
#include "buddy.h"

#include "lib/types.h"

bool buddy_is_free_block(const struct buddy *buddy, uint64_t index, unsigned order)
{
    struct buddy_block block;

    return index < buddy->count && buddy_find(buddy, (uint32_t)index, &block) &&
           block.head == index && block.state == FRAME_FREE && block.count == UINT64_C(1) << order;
}

/* Its list says where it is, and it could not be joined with the other half of a larger one. */
static bool is_in_place(const struct buddy *buddy, uint32_t index, unsigned order, uint32_t before)
{
    uint64_t size = UINT64_C(1) << order, number = buddy->first + index;

    return buddy_is_free_block(buddy, index, order) && buddy->frames[index].prev == before &&
           number % size == 0 &&
           (order + 1 == BUDDY_ORDERS ||
            !buddy_is_free_block(buddy, (number ^ size) - buddy->first, order));
}

bool buddy_is_sound(const struct buddy *buddy)
{
    uint64_t listed = 0;

    for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
        uint32_t before = BUDDY_NONE;

        if ((buddy->orders >> order & 1) != (buddy->heads[order] != BUDDY_NONE))
            return false;
        for (uint32_t index = buddy->heads[order]; index != BUDDY_NONE;
             index = buddy->frames[index].next) {
            if (!is_in_place(buddy, index, order, before))
                return false;
            listed += UINT64_C(1) << order;
            before = index;
        }
    }
    return listed == buddy->free_count;
}
