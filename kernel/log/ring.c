/*
 * A ring of 64-byte slots. A record takes as many neighbouring slots as its text needs: they are
 * reserved by one atomic addition, claimed, filled, and committed by changing the first slot's state.
 * A writer that is stopped while the ring goes round keeps its slots: a later one that meets them
 * drops its own record, so that records are lost, if at all, and never mixed.
 *
 * state = position << 2 | tag, so that a slot says whose turn of the ring it belongs to.
 */
#include "ring.h"

#include <stdatomic.h>

#include "lib/string.h"

#define SLOT_COUNT      4096
#define SLOT_BYTES      64
#define HEAD_TEXT_BYTES 40
#define TAIL_TEXT_BYTES 56

enum slot_tag { TAG_EMPTY, TAG_BUSY, TAG_COMMITTED, TAG_CONTINUED };

struct slot {
    _Atomic uint64_t state;
    union {
        struct {
            uint64_t time_ns;
            uint32_t cpu;
            uint16_t length;
            uint8_t level;
            uint8_t slot_count;
            char text[HEAD_TEXT_BYTES];
        } head;
        char more[TAIL_TEXT_BYTES];
    };
};

_Static_assert(sizeof(struct slot) == SLOT_BYTES, "one cache line a slot");
_Static_assert(LOG_LINE_MAX == HEAD_TEXT_BYTES + 7 * TAIL_TEXT_BYTES,
               "a record takes at most eight slots");

static struct slot slots[SLOT_COUNT];
static _Atomic uint64_t next_position;

static struct slot *slot_at(uint64_t position) { return &slots[position % SLOT_COUNT]; }

static uint64_t state_of(uint64_t position, enum slot_tag tag) { return position << 2 | tag; }

static unsigned slots_for(size_t length)
{
    return length <= HEAD_TEXT_BYTES
               ? 1
               : 1 + (unsigned)((length - HEAD_TEXT_BYTES + TAIL_TEXT_BYTES - 1) / TAIL_TEXT_BYTES);
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/*
 * Makes a slot this writer's. False when a later turn of the ring has it already, or when a writer of
 * an earlier turn, stopped for so long, is still at work in it: nobody else may write there.
 */
static bool claim_slot(uint64_t position)
{
    struct slot *slot = slot_at(position);
    uint64_t state = atomic_load(&slot->state);

    do {
        if (state >> 2 > position || (state & 3) == TAG_BUSY)
            return false;
    } while (!atomic_compare_exchange_weak(&slot->state, &state, state_of(position, TAG_BUSY)));
    return true;
}

/* All slots of a record, or none: then those that could be had are marked for readers to step over. */
static bool claim_slots(uint64_t position, unsigned count)
{
    unsigned refused = 0;

    while (refused < count && claim_slot(position + refused))
        refused++;
    for (unsigned i = 0; refused < count && i < count; i++)
        if (i < refused || (i > refused && claim_slot(position + i)))
            atomic_store(&slot_at(position + i)->state, state_of(position + i, TAG_CONTINUED));
    return refused == count;
}

void ring_add(enum log_level level, uint32_t cpu, uint64_t time_ns, const char *text, size_t length)
{
    unsigned count = slots_for(length);
    uint64_t position = atomic_fetch_add(&next_position, count);
    struct slot *first = slot_at(position);
    size_t done = smaller(length, HEAD_TEXT_BYTES);

    if (!claim_slots(position, count))
        return;
    first->head.time_ns = time_ns;
    first->head.cpu = cpu;
    first->head.length = (uint16_t)length;
    first->head.level = (uint8_t)level;
    first->head.slot_count = (uint8_t)count;
    memcpy(first->head.text, text, done);
    for (unsigned i = 1; i < count; i++) {
        struct slot *slot = slot_at(position + i);
        size_t part = smaller(length - done, TAIL_TEXT_BYTES);

        memcpy(slot->more, text + done, part);
        done += part;
        atomic_store(&slot->state, state_of(position + i, TAG_CONTINUED));
    }
    atomic_store(&first->state, state_of(position, TAG_COMMITTED));
}

static void copy_record(uint64_t position, struct log_record *record)
{
    const struct slot *first = slot_at(position);
    size_t done;

    record->time_ns = first->head.time_ns;
    record->cpu = first->head.cpu;
    record->level =
        first->head.level < LOG_LEVEL_COUNT ? (enum log_level)first->head.level : LOG_ERROR;
    record->length = smaller(first->head.length, LOG_LINE_MAX);
    done = smaller(record->length, HEAD_TEXT_BYTES);
    memcpy(record->text, first->head.text, done);
    for (unsigned i = 1; done < record->length; i++) {
        size_t part = smaller(record->length - done, TAIL_TEXT_BYTES);

        memcpy(record->text + done, slot_at(position + i)->more, part);
        done += part;
    }
}

/* The oldest position that no writer can be overwriting right now. */
static uint64_t oldest_position(void)
{
    uint64_t next = atomic_load(&next_position);

    return next > SLOT_COUNT ? next - SLOT_COUNT + slots_for(LOG_LINE_MAX) : 0;
}

static bool is_overwritten(uint64_t position)
{
    return atomic_load(&next_position) - position > SLOT_COUNT;
}

/* Whoever reserved this position could not have the slot, and dropped its record. */
static bool is_held_by_earlier_turn(uint64_t state, uint64_t position)
{
    return (state & 3) == TAG_BUSY && state >> 2 < position;
}

enum ring_result ring_read(uint64_t *position, struct log_record *record, bool force)
{
    while (*position < atomic_load(&next_position)) {
        struct slot *slot = slot_at(*position);
        uint64_t state = atomic_load(&slot->state);
        unsigned count = slot->head.slot_count;

        if (is_overwritten(*position)) {
            *position = oldest_position();
            return RING_LOST;
        }
        if (state == state_of(*position, TAG_COMMITTED)) {
            copy_record(*position, record);
            atomic_thread_fence(memory_order_acquire); /* the copy is read before the check */
            if (!is_overwritten(*position)) {
                *position += count;
                return RING_READ;
            }
        } else if (state == state_of(*position, TAG_CONTINUED)) {
            ++*position; /* in the middle of a record whose head is gone */
        } else if (force || is_held_by_earlier_turn(state, *position)) {
            ++*position;
        } else {
            return RING_END;
        }
    }
    return RING_END;
}

bool ring_has_record(uint64_t position)
{
    uint64_t state = atomic_load(&slot_at(position)->state);

    return position < atomic_load(&next_position) && state >= state_of(position, TAG_COMMITTED);
}

uint64_t ring_position_back(unsigned count)
{
    uint64_t position = atomic_load(&next_position), oldest = oldest_position();

    while (count > 0 && position > oldest) {
        position--;
        count -= atomic_load(&slot_at(position)->state) == state_of(position, TAG_COMMITTED);
    }
    return position;
}

void ring_damage(void)
{
    for (unsigned i = 0; i < SLOT_COUNT; i++)
        memset((void *)&slots[i], 0xb7, sizeof(slots[i]));
}
