/*
 * `storm` asks for more than there is, and gives it back: processes until the kernel refuses one, memory until it ends who
 * asks, and processes that all end at once. Its own pages are used before, so that it outlives the others; the exit
 * code is how much went wrong.
 */
#include "children.h"

#define CHILDREN_MAX 5000 /* more than the kernel allows */
#define EATERS       4
#define LEAVERS      500
#define LEAVE_NS     500000000UL /* from the first one's start to their end */
#define FOREVER      (1UL << 62) /* ns */
#define MEMORY       ((uint8_t *)0x100000000UL)
#define MEMORY_BYTES 0x80000000UL /* more than the machine has */
#define PAGE         4096
#define PF           14
#define CODE         7

static int64_t children[CHILDREN_MAX];

/* In a child: uses memory until there is none. */
static int eat(void)
{
    if (fl_map(MEMORY, MEMORY_BYTES, FL_MAP_WRITE) != 0)
        return 1;
    for (uint64_t at = 0; at < MEMORY_BYTES; at += PAGE)
        *(volatile uint8_t *)(MEMORY + at) = 1;
    return 0;
}

/* As many as the kernel lets it have; they touch no further page, so that the storm ends none of them. */
static int spawn_storm(const char *program)
{
    uint64_t count = 0;
    int64_t refusal = 0;
    int failed = 0;

    while (count < CHILDREN_MAX && refusal == 0) {
        int64_t id = child_start(program, "sleep", FOREVER, 0);

        if (id > 0)
            children[count++] = id;
        else
            refusal = id;
    }
    failed += refusal != FL_NO_MEMORY && refusal != FL_TOO_MANY;
    for (uint64_t i = 0; i < count; i++)
        failed += !child_is_killed(children[i]);
    fl_say(refusal == FL_TOO_MANY ? "refused: too many" : "refused: no memory");
    say_number("children that were killed:", count, 10);
    return failed;
}

static int memory_storm(const char *program)
{
    struct fl_end end;
    int ended = 0;

    for (int i = 0; i < EATERS; i++)
        children[i] = child_start(program, "eat", 0, 0);
    for (int i = 0; i < EATERS; i++)
        ended += fl_wait(children[i], &end) == children[i] && end.reason == FL_END_FAULT &&
                 end.code == PF;
    say_number("children that were ended for want of memory:", (uint64_t)ended, 10);
    return EATERS - ended;
}

static int exit_storm(const char *program)
{
    uint64_t at = fl_clock() + LEAVE_NS;
    int started = 0, ended = 0;

    while (started < LEAVERS && child_start(program, "sleep", at, 0) > 0)
        started++;
    while (ended < started && child_exits(0, CODE))
        ended++;
    say_number("children that ended at once:", (uint64_t)ended, 10);
    return LEAVERS - ended;
}

int main(int argc, char **argv)
{
    int failed = 0;

    if (argc == 4 && text_is(argv[1], "eat"))
        return eat();
    if (argc == 4) {
        fl_sleep(text_number(argv[2]));
        return CODE;
    }
    for (int i = 0; i < CHILDREN_MAX; i++)
        *(volatile int64_t *)&children[i] = 0;
    failed += spawn_storm(argv[0]);
    failed += memory_storm(argv[0]);
    failed += exit_storm(argv[0]);
    say_number("failures:", (uint64_t)failed, 10);
    return failed;
}
