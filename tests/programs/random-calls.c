/*
 * `random-calls:SEED:CALLS:PROCESSES` lets so many children at a time make random system calls, until together they have made
 * CALLS of them. Each child makes a batch with a seed of its own. One that ends before - it may unmap its stack, or resume
 * nowhere - does not count, and another takes its place: nothing but the kernel may fail here.
 *
 * No argument lets a child end another than its own children, or sleep or wait for ever.
 */
#include "children.h"
#include "random.h"

#define BATCH       250
#define DONE        42
#define NAP_NS      100000 /* at most */
#define COMMAND     "random-calls:leaf:0:0"
#define PAGE        4096UL
#define ARENA       0x10000000UL /* where it may have memory or not */
#define TEXT        0x400000UL
#define STACK_END   0x00007ffffffff000UL
#define KERNEL_RAM  0xffff800000100000UL
#define KERNEL_TEXT 0xffffffff80000000UL
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const char command[] = COMMAND;
static uint64_t buffer[PAGE / sizeof(uint64_t)] __attribute__((aligned(4096)));
static int64_t last_child;

/* clang-format off */
static const uint64_t arguments[] = {
    0, 1, 2, 3, 8, sizeof(COMMAND) - 1, PAGE - 1, PAGE, 2 * PAGE, 1UL << 30, 1UL << 63, (uint64_t)-1, -PAGE,
    (uint64_t)command, (uint64_t)buffer, (uint64_t)buffer + 1, (uint64_t)buffer + PAGE - 8,
    ARENA, ARENA + PAGE, ARENA + 2 * PAGE, ARENA - 1, TEXT, TEXT - 1,
    STACK_END, STACK_END - PAGE, STACK_END - 1, STACK_END - FL_STACK_BYTES, STACK_END - FL_STACK_BYTES - PAGE,
    STACK_END + PAGE, 0xffff7fffffffffffUL, KERNEL_RAM, KERNEL_TEXT, KERNEL_TEXT - 1,
};
/* Exit is none of them. */
static const uint64_t numbers[] = {
    FL_CALL_LOG_WRITE, FL_CALL_CLOCK, FL_CALL_SLEEP, FL_CALL_YIELD, FL_CALL_PROCESS_ID, FL_CALL_SPAWN, FL_CALL_WAIT,
    FL_CALL_KILL, FL_CALL_MAP, FL_CALL_UNMAP, FL_CALL_PROTECT, FL_CALL_CPU_NUMBER, FL_CALL_ON_FAULT, FL_CALL_RESUME,
    FL_CALL_RUN_ON, FL_CALL_SET_BASES, FL_CALL_ECHO_FIRST, FL_CALL_ECHO_LAST,
};
/* clang-format on */

/* With all six arguments; unlike fl_call(), it may lose each of them. */
static int64_t call(uint64_t number, uint64_t *a)
{
    register uint64_t r10 __asm__("r10") = a[3];
    register uint64_t r8 __asm__("r8") = a[4];
    register uint64_t r9 __asm__("r9") = a[5];
    uint64_t rdi = a[0], rsi = a[1], rdx = a[2];
    int64_t result;

    __asm__ volatile("syscall"
                     : "=a"(result), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8), "+r"(r9)
                     : "0"(number)
                     : "rcx", "r11", "memory");
    return result;
}

static uint64_t pick_argument(struct random *random)
{
    uint64_t choice = random_below(random, COUNT(arguments) + 2);

    if (choice == COUNT(arguments))
        return (uint64_t)last_child;
    return choice > COUNT(arguments) ? random_next(random) : arguments[choice];
}

/*
 * One in 16 is no call: a number between those that are, or any with a high bit set. Whoever resumes from a frame that can be
 * read is as good as dead, and its report takes longer than a thousand calls: most of them make another call instead.
 */
static uint64_t pick_number(struct random *random)
{
    uint64_t number = numbers[random_below(random, COUNT(numbers))];

    if (number == FL_CALL_RESUME && random_below(random, 16) != 0)
        number = FL_CALL_MAP;

    switch (random_below(random, 32)) {
    case 0:
        return number | 1UL << (32 + random_below(random, 32));
    case 1:
        return FL_CALL_SET_BASES + 1 + random_below(random, 50);
    default:
        return number;
    }
}

static void make_call(struct random *random)
{
    uint64_t number = pick_number(random), a[6];
    int64_t result;

    for (int i = 0; i < 6; i++)
        a[i] = pick_argument(random);
    buffer[random_below(random, sizeof(struct fl_fault) / sizeof(uint64_t))] =
        pick_argument(random);
    if (number == FL_CALL_SLEEP)
        a[0] = fl_clock() + random_below(random, NAP_NS);
    result = call(number, a);
    if (number == FL_CALL_SPAWN && result > 0)
        last_child = result;
}

static int make_calls(uint64_t seed)
{
    struct random random = {seed};

    for (int i = 0; i < BATCH; i++)
        make_call(&random);
    return DONE;
}

static int drive(const char *program, uint64_t seed, uint64_t calls, uint64_t processes)
{
    uint64_t made = 0, running = 0, others = 0;
    int failed = 0;

    say_number("seed", seed, 10);
    while (made < calls && !failed) {
        for (; running < processes && made + running * BATCH < calls; running++)
            failed += child_start(program, "calls", seed++, 0) <= 0;
        if (child_exits(0, DONE))
            made += BATCH;
        else
            others++;
        running--;
    }
    say_number("random calls that were made:", made, 10);
    say_number("children that ended before:", others, 10);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 1;
    if (text_is(argv[1], "calls"))
        return make_calls(text_number(argv[2]));
    if (text_is(argv[1], "leaf"))
        return 0;
    return drive(argv[0], text_number(argv[1]), text_number(argv[2]), text_number(argv[3]));
}
