/*
 * `preempt:COUNT` starts so many endless loops and then pi, which must come out right beside them; then it kills the loops.
 * Given more of them than CPUs, nothing of that happens unless they are pre-empted. The exit code is how much went wrong.
 */
#include "children.h"

#define LOOPS_MAX 16

static int64_t loops[LOOPS_MAX];

static int64_t start(const char *name) { return fl_spawn(name, fl_length(name), FL_ANY_CPU); }

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? text_number(argv[1]) : 0;
    int failed = count == 0 || count > LOOPS_MAX;

    for (uint64_t i = 0; i < count && !failed; i++)
        failed += (loops[i] = start("endless")) <= 0;
    if (failed)
        return failed;
    failed += !child_exits(start("pi"), 0);
    say_number(failed ? "pi FAILED beside endless loops:" : "pi was right beside endless loops:",
               count, 10);
    for (uint64_t i = 0; i < count; i++)
        failed += !child_is_killed(loops[i]);
    say_number("loops that were not killed, and other failures:", (uint64_t)failed, 10);
    return failed;
}
