/*
 * `hostile:SECONDS:WORKERS` runs programs that attack the kernel for so long: each worker one after another, again and again,
 * but for one that computes pi meanwhile. Every attack must end as it should and every pi be right; the exit code is how
 * many workers saw something else.
 */
#include "children.h"

#define NS_PER_SECOND 1000000000UL
#define FAILED        (-1)
#define COUNT(list)   (sizeof(list) / sizeof(*(list)))

static const char *const attacks[] = {
    "privileged", "memory", "exceptions", "vectors", "pointers", "flags", "random-calls:7:2000:4",
};

static bool runs_well(const char *command)
{
    struct fl_end end;
    int64_t id = fl_spawn(command, fl_length(command), FL_ANY_CPU);

    if (id > 0 && fl_wait(id, &end) == id && end.reason == FL_END_EXIT && end.code == 0)
        return true;
    fl_say("FAILED:");
    fl_say(command);
    return false;
}

/* In a child; returns how many programs were run. Number 0 computes pi. */
static int work(uint64_t end_ns, uint64_t number)
{
    int rounds = 0;

    for (uint64_t i = number; fl_clock() < end_ns; i++, rounds++)
        if (!runs_well(number == 0 ? "pi" : attacks[i % COUNT(attacks)]))
            return FAILED;
    return rounds;
}

/* What that worker has done, or any for 0: nothing when it saw something go wrong. */
static uint64_t finish(int64_t worker, uint64_t *failed)
{
    struct fl_end end;

    if (fl_wait(worker, &end) > 0 && end.reason == FL_END_EXIT && end.code > 0)
        return (uint64_t)end.code;
    ++*failed;
    return 0;
}

static int drive(const char *program, uint64_t seconds, uint64_t workers)
{
    uint64_t end_ns = fl_clock() + seconds * NS_PER_SECOND, rounds = 0, failed = 0;
    int64_t pi = child_start(program, "work", end_ns, 0);

    for (uint64_t i = 1; i < workers; i++)
        failed += child_start(program, "work", end_ns, i) <= 0;
    say_number("times that pi was right:", finish(pi, &failed), 10);
    for (uint64_t i = 1; i < workers; i++)
        rounds += finish(0, &failed);
    say_number("attacks that ended as they should:", rounds, 10);
    say_number("workers that failed:", failed, 10);
    return (int)failed;
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return drive(argv[0], text_number(argv[1]), text_number(argv[2]));
    return argc == 4 ? work(text_number(argv[2]), text_number(argv[3])) : 1;
}
