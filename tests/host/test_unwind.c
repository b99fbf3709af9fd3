/*
 * The unwinder over a machine of our own: a page of code with calls at known places, and two stacks. The right chain
 * is built word by word; then it is broken in every way that a stack can be, and random ones are walked to their end.
 */
#include "lib/unwind.h"

#include "host_test.h"

#define TEXT       0x100000
#define TEXT_BYTES 0x400
#define STACK      0x200000
#define IST        0x300000
#define WORDS      64
#define STACK_END  (STACK + WORDS * 8)
#define IST_END    (IST + WORDS * 8)
#define ENTRY      (TEXT + 0x300) /* return addresses from here on lie in a trap entry */
#define FRAMES_MAX 200

static uint8_t text[TEXT_BYTES];
static uint64_t stacks[2][WORDS];
static struct unwind_registers interrupted;

static uint8_t *find(vaddr_t address, unsigned bytes)
{
    if (address >= TEXT && address + bytes <= TEXT + TEXT_BYTES)
        return text + (address - TEXT);
    if (address >= STACK && address + bytes <= STACK_END)
        return (uint8_t *)stacks[0] + (address - STACK);
    if (address >= IST && address + bytes <= IST_END)
        return (uint8_t *)stacks[1] + (address - IST);
    return NULL;
}

static bool read_memory(void *context, vaddr_t address, void *to, unsigned bytes)
{
    const uint8_t *from = find(address, bytes);

    (void)context;
    if (from)
        memcpy(to, from, bytes);
    return from;
}

static bool find_stack(void *context, vaddr_t address, struct unwind_stack *stack)
{
    (void)context;
    if (address >= STACK && address <= STACK_END)
        *stack = (struct unwind_stack){STACK, STACK_END};
    else if (address >= IST && address <= IST_END)
        *stack = (struct unwind_stack){IST, IST_END};
    else
        return false;
    return true;
}

static bool is_text(void *context, vaddr_t address)
{
    (void)context;
    return address >= TEXT && address < TEXT + TEXT_BYTES;
}

/* Functions lie at each multiple of 64. */
static vaddr_t function_start(void *context, vaddr_t address)
{
    return is_text(context, address) ? address & ~UINT64_C(63) : 0;
}

static bool trap_at(void *context, vaddr_t return_address, vaddr_t fp,
                    struct unwind_registers *registers)
{
    (void)context;
    (void)fp;
    *registers = interrupted;
    return return_address >= ENTRY && return_address < TEXT + TEXT_BYTES;
}

static const struct unwind_world world = {.read = read_memory,
                                          .find_stack = find_stack,
                                          .is_text = is_text,
                                          .function_start = function_start,
                                          .trap_at = trap_at};

static vaddr_t function(unsigned number) { return TEXT + 64 * number; }

/* push %rbp; mov %rsp,%rbp; 28 bytes of nop; call the function before; nop; ret */
static void write_function(unsigned number, bool has_record)
{
    uint8_t *code = text + 64 * number;
    int32_t distance = -64 - 37;

    memset(code, 0x90, 64);
    if (has_record)
        memcpy(code, "\x55\x48\x89\xe5", 4);
    code[32] = 0xe8;
    memcpy(code + 33, &distance, 4);
    code[38] = 0xc3;
}

static vaddr_t return_into(unsigned number) { return function(number) + 37; }

static void set_word(vaddr_t address, uint64_t value) { memcpy(find(address, 8), &value, 8); }

/* Function 1 was called by 2, by 3, by 4, whose frame pointer is 0. */
static void start(void)
{
    memset(stacks, 0, sizeof(stacks));
    for (unsigned i = 0; i < TEXT_BYTES / 64; i++)
        write_function(i, true);
    set_word(STACK + 0x40, STACK + 0x80);
    set_word(STACK + 0x48, return_into(2));
    set_word(STACK + 0x80, STACK + 0xc0);
    set_word(STACK + 0x88, return_into(3));
    set_word(STACK + 0xc0, 0);
    set_word(STACK + 0xc8, return_into(4));
}

static void assert_walk(struct unwinder *unwinder, const vaddr_t *expected, unsigned count,
                        enum unwind_end end)
{
    assert_int_equal(unwinder->ip, expected[0]);
    for (unsigned i = 1; i < count; i++) {
        if (!unwind_next(unwinder))
            fail_msg("the walk ended at frame %u for reason %d", i, (int)unwinder->end);
        assert_int_equal(unwinder->ip, expected[i]);
    }
    assert_false(unwind_next(unwinder));
    assert_int_equal(unwinder->end, end);
}

#define ASSERT_WALK(unwinder, end, ...)                                                            \
    do {                                                                                           \
        const vaddr_t expected_[] = {__VA_ARGS__};                                                 \
        assert_walk(unwinder, expected_, ARRAY_COUNT(expected_), end);                             \
    } while (0)

static void a_whole_chain_is_walked(void **state)
{
    struct unwinder unwinder;

    (void)state;
    start();
    unwind_start(&unwinder, &world, function(1) + 8, STACK + 0x20, STACK + 0x40);
    ASSERT_WALK(&unwinder, UNWIND_COMPLETE, function(1) + 8, return_into(2), return_into(3),
                return_into(4));
}

/* The return address lies at the stack pointer, or one word above it, and the frame pointer is the caller's. */
static void prologue_and_epilogue_lose_no_caller(void **state)
{
    static const struct {
        unsigned offset;
        vaddr_t sp;
    } rows[] = {{0, STACK + 0x38}, {1, STACK + 0x30}, {38, STACK + 0x38}};
    struct unwinder unwinder;

    (void)state;
    for (unsigned i = 0; i < ARRAY_COUNT(rows); i++) {
        start();
        set_word(STACK + 0x38, return_into(1));
        unwind_start(&unwinder, &world, function(0) + rows[i].offset, rows[i].sp, STACK + 0x40);
        ASSERT_WALK(&unwinder, UNWIND_COMPLETE, function(0) + rows[i].offset, return_into(1),
                    return_into(2), return_into(3), return_into(4));
    }
}

/* The frame pointer is the caller's again, though the RET is some instructions away: the record there cannot be this
 * function's, because who returns there has called another. */
static void an_early_epilogue_is_known_by_the_wrong_record(void **state)
{
    struct unwinder unwinder;

    (void)state;
    start();
    set_word(STACK + 0x38, return_into(1));
    unwind_start(&unwinder, &world, function(0) + 36, STACK + 0x38, STACK + 0x40);
    ASSERT_WALK(&unwinder, UNWIND_COMPLETE, function(0) + 36, return_into(1), return_into(2),
                return_into(3), return_into(4));
}

/* Compilers put other instructions between PUSH and MOV. */
static void a_scattered_prologue_is_known(void **state)
{
    struct unwinder unwinder;

    (void)state;
    start();
    memcpy(text + 64, "\x55\x31\xc0\x31\xd2\x48\x89\xe5", 8);
    set_word(STACK + 0x20, return_into(2)); /* left over */
    unwind_start(&unwinder, &world, function(1) + 8, STACK + 0x20, STACK + 0x40);
    ASSERT_WALK(&unwinder, UNWIND_COMPLETE, function(1) + 8, return_into(2), return_into(3),
                return_into(4));
    start();
    memcpy(text, "\x55\x31\xc0\x31\xd2\x48\x89\xe5", 8);
    set_word(STACK + 0x38, return_into(1)); /* pushed, and nothing else yet */
    unwind_start(&unwinder, &world, function(0) + 5, STACK + 0x30, STACK + 0x40);
    ASSERT_WALK(&unwinder, UNWIND_COMPLETE, function(0) + 5, return_into(1), return_into(2),
                return_into(3), return_into(4));
}

/* What called another function is left over, and not the caller. */
static void a_function_without_record_is_searched_for_its_own_caller(void **state)
{
    struct unwinder unwinder;

    (void)state;
    start();
    write_function(0, false);
    set_word(STACK + 0x20, return_into(3));
    set_word(STACK + 0x28, 0x1234);
    set_word(STACK + 0x38, return_into(1));
    unwind_start(&unwinder, &world, function(0) + 10, STACK + 0x20, STACK + 0x40);
    ASSERT_WALK(&unwinder, UNWIND_COMPLETE, function(0) + 10, return_into(1), return_into(2),
                return_into(3), return_into(4));
}

/* Compilers leave the record to the one path that calls; with nothing else on the stack it lies at the stack pointer. */
static void a_record_made_late_is_taken(void **state)
{
    struct unwinder unwinder;

    (void)state;
    start();
    write_function(1, false);
    unwind_start(&unwinder, &world, function(1) + 10, STACK + 0x40, STACK + 0x40);
    ASSERT_WALK(&unwinder, UNWIND_COMPLETE, function(1) + 10, return_into(2), return_into(3),
                return_into(4));
}

static void a_jump_to_nowhere_leaves_its_caller_at_the_stack_pointer(void **state)
{
    struct unwinder unwinder;

    (void)state;
    start();
    memcpy(text + 64 + 30, "\xff\xd0", 2); /* call *%rax */
    set_word(STACK + 0x38, function(1) + 32);
    unwind_start(&unwinder, &world, 0x10, STACK + 0x38, STACK + 0x40);
    ASSERT_WALK(&unwinder, UNWIND_COMPLETE, 0x10, function(1) + 32, return_into(2), return_into(3),
                return_into(4));
}

static void a_trap_is_crossed_to_the_interrupted_stack(void **state)
{
    struct unwinder unwinder;

    (void)state;
    start();
    set_word(IST + 0x40, 0x7777); /* the interrupted frame pointer, as the entry pushed it */
    set_word(IST + 0x48, ENTRY + 4);
    interrupted = (struct unwind_registers){
        .ip = function(1) + 9, .sp = STACK + 0x20, .fp = STACK + 0x40, .vector = 2};
    unwind_start(&unwinder, &world, function(5) + 8, IST + 0x20, IST + 0x40);
    assert_true(unwind_next(&unwinder));
    assert_true(unwinder.crossed && unwinder.is_exact);
    assert_int_equal(unwinder.vector, 2);
    ASSERT_WALK(&unwinder, UNWIND_COMPLETE, function(1) + 9, return_into(2), return_into(3),
                return_into(4));
}

static void every_way_of_breaking_is_told(void **state)
{
    static const struct {
        vaddr_t at;
        uint64_t value;
        enum unwind_end end;
    } rows[] = {
        {STACK + 0x40, STACK + 0x20, UNWIND_BAD_FP},   /* downwards */
        {STACK + 0x40, STACK + 0x40, UNWIND_BAD_FP},   /* to itself */
        {STACK + 0x40, STACK + 0x81, UNWIND_BAD_FP},   /* misaligned */
        {STACK + 0x40, STACK_END - 8, UNWIND_BAD_FP},  /* half a record */
        {STACK + 0x40, IST + 0x80, UNWIND_BAD_FP},     /* to another stack without a trap */
        {STACK + 0x40, UINT64_MAX - 7, UNWIND_BAD_FP}, /* nowhere */
        {STACK + 0x88, 0x4141414141414141, UNWIND_BAD_RETURN},
        {STACK + 0x88, TEXT + 64 * 3 + 20, UNWIND_BAD_RETURN}, /* text, but no call before it */
        {STACK + 0x88, TEXT + 3, UNWIND_BAD_RETURN},           /* too near to the text's start */
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_COUNT(rows); i++) {
        struct unwinder unwinder;

        start();
        set_word(rows[i].at, rows[i].value);
        unwind_start(&unwinder, &world, function(1) + 8, STACK + 0x20, STACK + 0x40);
        ASSERT_WALK(&unwinder, rows[i].end, function(1) + 8, return_into(2));
    }
}

/* After the break callers are searched for, and the chain is taken up again where one is found. */
static void a_broken_chain_is_taken_up_again(void **state)
{
    struct unwinder unwinder;

    (void)state;
    start();
    set_word(STACK + 0x48, 0x4141414141414141);
    unwind_start(&unwinder, &world, function(1) + 8, STACK + 0x20, STACK + 0x40);
    assert_false(unwind_next(&unwinder));
    assert_int_equal(unwinder.end, UNWIND_BAD_RETURN);
    assert_true(unwind_guess(&unwinder));
    ASSERT_WALK(&unwinder, UNWIND_COMPLETE, return_into(3), return_into(4));
    assert_false(unwind_guess(&unwinder));
}

static void indirect_calls_of_every_length_are_known(void **state)
{
    static const struct {
        const char *code;
        unsigned length;
        bool is_call;
    } rows[] = {
        {"\xff\xd0", 2, true},                     /* call *%rax */
        {"\xff\x10", 2, true},                     /* call *(%rax) */
        {"\xff\x50\x08", 3, true},                 /* call *8(%rax) */
        {"\xff\x54\x24\x08", 4, true},             /* call *8(%rsp) */
        {"\xff\x15\x00\x01\x00\x00", 6, true},     /* call *0x100(%rip) */
        {"\xff\x14\xc5\x00\x00\x10\x00", 7, true}, /* call *0x100000(,%rax,8) */
        {"\xff\xe0", 2, false},                    /* jmp *%rax */
        {"\x90\x90", 2, false},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_COUNT(rows); i++) {
        start();
        memset(text + 16, 0x90, 16);
        memcpy(text + 16, rows[i].code, rows[i].length);
        assert_int_equal(unwind_is_after_call(&world, TEXT + 16 + rows[i].length), rows[i].is_call);
    }
}

/* Whatever the stacks hold: every walk ends, though perhaps only at the caller's bound. */
static void random_stacks_are_survived(void **state)
{
    uint64_t seed = 17;

    (void)state;
    start();
    for (unsigned round = 0; round < 20000; round++) {
        struct unwinder unwinder;
        unsigned frames = 0;

        for (unsigned i = 0; i < 2 * WORDS; i++) {
            const uint64_t kinds[] = {random_next(&seed), STACK + random_below(&seed, WORDS) * 8,
                                      return_into((unsigned)random_below(&seed, 16)),
                                      IST + random_below(&seed, WORDS) * 8};

            stacks[i / WORDS][i % WORDS] = kinds[random_below(&seed, ARRAY_COUNT(kinds))];
        }
        interrupted.ip = TEXT + random_below(&seed, TEXT_BYTES);
        interrupted.sp = STACK + random_below(&seed, WORDS * 8);
        interrupted.fp = STACK + random_below(&seed, WORDS) * 8;
        unwind_start(&unwinder, &world, TEXT + random_below(&seed, TEXT_BYTES),
                     IST + random_below(&seed, WORDS * 8), IST + random_below(&seed, WORDS) * 8);
        while (frames++ < FRAMES_MAX && (unwind_next(&unwinder) || unwind_guess(&unwinder)))
            assert_true(unwinder.crossed || unwind_is_after_call(&world, unwinder.ip));
    }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, a_whole_chain_is_walked);
    HOST_ADD(&tests, prologue_and_epilogue_lose_no_caller);
    HOST_ADD(&tests, an_early_epilogue_is_known_by_the_wrong_record);
    HOST_ADD(&tests, a_scattered_prologue_is_known);
    HOST_ADD(&tests, a_function_without_record_is_searched_for_its_own_caller);
    HOST_ADD(&tests, a_record_made_late_is_taken);
    HOST_ADD(&tests, a_jump_to_nowhere_leaves_its_caller_at_the_stack_pointer);
    HOST_ADD(&tests, a_trap_is_crossed_to_the_interrupted_stack);
    HOST_ADD(&tests, every_way_of_breaking_is_told);
    HOST_ADD(&tests, a_broken_chain_is_taken_up_again);
    HOST_ADD(&tests, indirect_calls_of_every_length_are_known);
    HOST_ADD(&tests, random_stacks_are_survived);
    return host_tests_run(&tests, "unwind");
}
