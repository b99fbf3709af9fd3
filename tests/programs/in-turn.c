/*
 * Runs programs one after another: `in-turn:alone:NAME:NAME`. With `in-turn:pi:NAME:NAME` another computes pi on CPU 1 all the
 * while, again and again, and each time must be right; the programs then run on CPU 2. The exit code is how many failed.
 */
#include "text.h"

#define PI_CPU   1
#define ROWS_CPU 2

static int64_t spawn(const char *name, int64_t cpu) { return fl_spawn(name, fl_length(name), cpu); }

static bool ended_well(int64_t id, const struct fl_end *end)
{
    return id > 0 && end->reason == FL_END_EXIT && end->code == 0;
}

/* Until that child has ended; pi begins anew as often as it ends before. */
static bool wait_beside_pi(int64_t program, int64_t *pi, int *right)
{
    struct fl_end end;
    int64_t id;

    while ((id = fl_wait(0, &end)) == *pi && ended_well(id, &end)) {
        ++*right;
        *pi = spawn("pi", PI_CPU);
    }
    return id == program && ended_well(id, &end);
}

static int run_alone(int count, char **names)
{
    struct fl_end end;
    int failed = 0;

    for (int i = 0; i < count; i++)
        failed += !ended_well(fl_wait(spawn(names[i], FL_ANY_CPU), &end), &end);
    return failed;
}

static int run_beside_pi(int count, char **names)
{
    int64_t pi = spawn("pi", PI_CPU);
    struct fl_end end;
    int failed = 0, right = 0;

    fl_run_on(ROWS_CPU);
    for (int i = 0; i < count; i++)
        failed += !wait_beside_pi(spawn(names[i], ROWS_CPU), &pi, &right);
    if (ended_well(fl_wait(pi, &end), &end))
        right++;
    else
        failed++;
    say_number("times that pi was right beside them:", (uint64_t)right, 10);
    return failed;
}

int main(int argc, char **argv)
{
    int failed;

    if (argc < 3)
        return 1;
    failed =
        text_is(argv[1], "pi") ? run_beside_pi(argc - 2, argv + 2) : run_alone(argc - 2, argv + 2);
    say_number("programs that failed:", (uint64_t)failed, 10);
    return failed;
}
