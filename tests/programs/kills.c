/*
 * `kills:SEED:CYCLES` starts and kills children, as many at a time as it has workers: while they run, sleep, wait for a child
 * of theirs, have only just been started, or have ended already; at a random time after their start. The exit code is
 * how many workers saw a cycle go wrong.
 */
#include "children.h"
#include "random.h"

#define WORKERS    4
#define DELAY_NS   1000000UL   /* before a kill, at most */
#define GRANDCHILD 2000000UL   /* ns that what a child waits for takes */
#define FOREVER    (1UL << 62) /* ns */
#define CODE       7           /* of one that ended by itself */

enum kind { RUNS, SLEEPS, WAITS, JUST_STARTED, HAS_ENDED, KINDS };

static const char *const kinds[KINDS] = {"runs", "sleeps", "waits", "runs", "ends"};

/* In a child. */
static int be(const char *program, const char *kind)
{
    if (text_is(kind, "runs"))
        for (;;)
            __asm__ volatile("" : : : "memory");
    if (text_is(kind, "sleeps"))
        fl_sleep(FOREVER);
    if (text_is(kind, "waits"))
        child_exits(child_start(program, "naps", 0, 0), CODE);
    if (text_is(kind, "naps"))
        fl_sleep(fl_clock() + GRANDCHILD);
    return CODE;
}

/* One that was to end by itself may have done so before. */
static bool ended_as_it_may(enum kind kind, const struct fl_end *end)
{
    if (end->reason == FL_END_EXIT)
        return end->code == CODE && (kind == WAITS || kind == HAS_ENDED);
    return end->reason == FL_END_KILLED;
}

static bool cycle(const char *program, struct random *random)
{
    enum kind kind = (enum kind)random_below(random, KINDS);
    uint64_t delay = random_below(random, DELAY_NS);
    int64_t id = child_start(program, kinds[kind], 0, 0);
    struct fl_end end;

    if (id <= 0)
        return false;
    if (kind != JUST_STARTED)
        fl_sleep(fl_clock() + delay);
    return fl_kill(id) == 0 && fl_wait(id, &end) == id && ended_as_it_may(kind, &end) &&
           fl_kill(id) == FL_NOT_FOUND && fl_wait(id, &end) == FL_NOT_FOUND;
}

static int work(const char *program, uint64_t seed, uint64_t cycles)
{
    struct random random = {seed};

    for (uint64_t i = 0; i < cycles; i++)
        if (!cycle(program, &random)) {
            say_number("FAILED in cycle", i, 10);
            return 1;
        }
    return 0;
}

static int drive(const char *program, uint64_t seed, uint64_t cycles)
{
    int failed = 0;

    say_number("seed", seed, 10);
    for (uint64_t i = 0; i < WORKERS; i++)
        failed += child_start(program, "work", seed + i, cycles / WORKERS) <= 0;
    for (uint64_t i = 0; i < WORKERS; i++)
        failed += !child_exits(0, 0);
    say_number("cycles of start and kill:", cycles / WORKERS * WORKERS, 10);
    say_number("workers that failed:", (uint64_t)failed, 10);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return drive(argv[0], text_number(argv[1]), text_number(argv[2]));
    if (argc != 4)
        return 1;
    return text_is(argv[1], "work") ? work(argv[0], text_number(argv[2]), text_number(argv[3]))
                                    : be(argv[0], argv[1]);
}
