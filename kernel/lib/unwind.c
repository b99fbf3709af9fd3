/* See lib/unwind.h. Each step raises the stack pointer or crosses a trap frame, which lies above it too or on
 * another stack, so that no chain is followed for ever: whoever calls bounds the number of frames all the same. */
#include "lib/unwind.h"

#include "lib/align.h"
#include "lib/string.h"

#define WORD            8
#define RECORD_BYTES    16 /* the caller's frame pointer, then the return address */
#define SCAN_WORDS      64 /* how far a return address without a record is looked for */
#define PROLOGUE_MAX    64 /* bytes in which a function makes its record */
#define CALL_BYTES_MAX  7  /* FF /2 with a SIB byte and 32 bits of displacement */
#define CALL_NEAR       0xe8
#define CALL_NEAR_BYTES 5
#define CALL_INDIRECT   0xff
#define MODRM_REG(byte) ((byte) >> 3 & 7)
#define MODRM_REG_CALL  2
#define PUSH_RBP        0x55
#define MOV_RSP_RBP     "\x48\x89\xe5"
#define RET             0xc3

static bool read_word(const struct unwind_world *world, vaddr_t address, uint64_t *word)
{
    return world->read(world->context, address, word, WORD);
}

/* The bytes that end at an address; `bytes[CALL_BYTES_MAX - n]` begins the last n. */
static bool read_before(const struct unwind_world *world, vaddr_t address,
                        uint8_t bytes[CALL_BYTES_MAX])
{
    return world->is_text(world->context, address - CALL_BYTES_MAX) &&
           world->is_text(world->context, address - 1) &&
           world->read(world->context, address - CALL_BYTES_MAX, bytes, CALL_BYTES_MAX);
}

static bool is_indirect_call(const uint8_t *bytes, unsigned length)
{
    const uint8_t *at = bytes + CALL_BYTES_MAX - length;

    return at[0] == CALL_INDIRECT && MODRM_REG(at[1]) == MODRM_REG_CALL;
}

/* Lengths of FF /2: ModRM alone, with SIB, with 8 or 32 bits of displacement. */
bool unwind_is_after_call(const struct unwind_world *world, vaddr_t address)
{
    static const uint8_t indirect_lengths[] = {2, 3, 4, 6, 7};
    uint8_t bytes[CALL_BYTES_MAX];

    if (!read_before(world, address, bytes))
        return false;
    if (bytes[CALL_BYTES_MAX - CALL_NEAR_BYTES] == CALL_NEAR)
        return true;
    for (unsigned i = 0; i < sizeof(indirect_lengths); i++)
        if (is_indirect_call(bytes, indirect_lengths[i]))
            return true;
    return false;
}

/* Whether the call before `address` goes to `function`, or to where nobody can say. */
static bool may_have_called(const struct unwind_world *world, vaddr_t address, vaddr_t function)
{
    uint8_t bytes[CALL_BYTES_MAX];
    int32_t distance;

    if (!unwind_is_after_call(world, address) || !read_before(world, address, bytes))
        return false;
    if (bytes[CALL_BYTES_MAX - CALL_NEAR_BYTES] != CALL_NEAR || function == 0)
        return true;
    memcpy(&distance, bytes + CALL_BYTES_MAX - 4, sizeof(distance));
    return address + (vaddr_t)(int64_t)distance == function;
}

/* The record of a function lies above its stack pointer, in the same stack. A stack pointer that lies in none, as after
 * an overflow, says nothing. */
static bool is_record(const struct unwinder *unwinder, vaddr_t record)
{
    const struct unwind_world *world = unwinder->world;
    struct unwind_stack stack, current;

    if (!is_aligned(record, WORD) || !world->find_stack(world->context, record, &stack) ||
        stack.high - record < RECORD_BYTES)
        return false;
    return !world->find_stack(world->context, unwinder->sp, &current) ||
           (current.low == stack.low && record >= unwinder->sp);
}

/* Whether the function has made its record: MOV %rsp,%rbp lies before ip; compilers move it some instructions away from
 * the PUSH that it belongs to. A RET at ip is behind the POP. */
static bool has_made_record(const struct unwind_world *world, vaddr_t ip, vaddr_t function,
                            bool is_exact)
{
    uint8_t bytes[sizeof(MOV_RSP_RBP) - 1];

    if (is_exact && world->read(world->context, ip, bytes, 1) && bytes[0] == RET)
        return false;
    for (vaddr_t at = function; at + sizeof(bytes) <= ip && at < function + PROLOGUE_MAX; at++)
        if (world->read(world->context, at, bytes, sizeof(bytes)) &&
            memcmp(bytes, MOV_RSP_RBP, sizeof(bytes)) == 0)
            return true;
    return false;
}

/* Whether the record that the frame pointer shows can be the function's: who returns from there has called it. */
static bool is_its_record(const struct unwinder *unwinder, vaddr_t function)
{
    const struct unwind_world *world = unwinder->world;
    uint64_t return_address;

    return !is_record(unwinder, unwinder->fp) ||
           !read_word(world, unwinder->fp + WORD, &return_address) ||
           may_have_called(world, return_address, function);
}

static bool has_record(const struct unwinder *unwinder, vaddr_t function)
{
    return function == 0 || /* nothing is known: most have one */
           (has_made_record(unwinder->world, unwinder->ip, function, unwinder->is_exact) &&
            is_its_record(unwinder, function));
}

void unwind_start(struct unwinder *unwinder, const struct unwind_world *world, vaddr_t ip,
                  vaddr_t sp, vaddr_t fp)
{
    *unwinder = (struct unwinder){.world = world, .ip = ip, .sp = sp, .fp = fp, .is_exact = true};
}

static bool stop(struct unwinder *unwinder, enum unwind_end end)
{
    unwinder->end = end;
    return false;
}

static bool go_to(struct unwinder *unwinder, vaddr_t return_address, vaddr_t sp)
{
    unwinder->ip = return_address;
    unwinder->sp = sp;
    unwinder->is_exact = false;
    unwinder->crossed = false;
    return true;
}

/* A jump to nowhere leaves its return address at the stack pointer; a function without a record, somewhere above,
 * but below the record of its caller. */
static bool find_without_record(struct unwinder *unwinder, vaddr_t function, unsigned words)
{
    const struct unwind_world *world = unwinder->world;
    struct unwind_stack stack;
    vaddr_t at = align_down(unwinder->sp, WORD);
    uint64_t word;

    if (!world->find_stack(world->context, at, &stack))
        return false;
    for (unsigned i = 0; i < words && at + WORD <= stack.high; i++, at += WORD) {
        if (unwinder->fp >= unwinder->sp && at >= unwinder->fp)
            return false;
        if (read_word(world, at, &word) && may_have_called(world, word, function))
            return go_to(unwinder, word, at + WORD);
    }
    return false;
}

static bool cross_trap(struct unwinder *unwinder, const struct unwind_registers *interrupted)
{
    unwinder->ip = interrupted->ip;
    unwinder->sp = interrupted->sp;
    unwinder->fp = interrupted->fp;
    unwinder->vector = interrupted->vector;
    unwinder->is_exact = true;
    unwinder->crossed = true;
    return true;
}

static bool next_by_record(struct unwinder *unwinder)
{
    const struct unwind_world *world = unwinder->world;
    struct unwind_registers interrupted;
    vaddr_t record = unwinder->fp;
    uint64_t fp, return_address;

    if (record == 0)
        return stop(unwinder, UNWIND_COMPLETE);
    if (!is_record(unwinder, record))
        return stop(unwinder, UNWIND_BAD_FP);
    if (!read_word(world, record, &fp) || !read_word(world, record + WORD, &return_address))
        return stop(unwinder, UNWIND_UNREADABLE);
    if (world->trap_at(world->context, return_address, record, &interrupted))
        return cross_trap(unwinder, &interrupted);
    if (!unwind_is_after_call(world, return_address))
        return stop(unwinder, UNWIND_BAD_RETURN);
    unwinder->fp = fp;
    return go_to(unwinder, return_address, record + RECORD_BYTES);
}

bool unwind_next(struct unwinder *unwinder)
{
    const struct unwind_world *world = unwinder->world;
    vaddr_t function;

    if (!world->is_text(world->context, unwinder->ip))
        return find_without_record(unwinder, 0, 1) || next_by_record(unwinder);
    function = world->function_start(world->context, unwinder->ip - !unwinder->is_exact);
    return (!has_record(unwinder, function) &&
            find_without_record(unwinder, function, SCAN_WORDS)) ||
           next_by_record(unwinder);
}

bool unwind_guess(struct unwinder *unwinder)
{
    const struct unwind_world *world = unwinder->world;
    vaddr_t at =
        is_record(unwinder, unwinder->fp) ? unwinder->fp + WORD : align_down(unwinder->sp, WORD);
    struct unwind_stack stack;
    uint64_t word, fp;

    if (unwinder->end == UNWIND_COMPLETE || !world->find_stack(world->context, at, &stack))
        return false;
    for (unsigned i = 0; i < SCAN_WORDS && at + WORD <= stack.high; i++, at += WORD) {
        if (!read_word(world, at, &word) || !unwind_is_after_call(world, word))
            continue;
        unwinder->fp = read_word(world, at - WORD, &fp) ? fp : 0;
        unwinder->end = UNWIND_GOES_ON;
        return go_to(unwinder, word, at + WORD);
    }
    return false;
}
