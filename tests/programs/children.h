/* Starting and ending children, for programs that have many. */
#ifndef CHILDREN_H
#define CHILDREN_H

#include "text.h"

/* Starts `program:word:first:second` on any CPU; its id or the reason why not. */
static inline int64_t child_start(const char *program, const char *word, uint64_t first,
                                  uint64_t second)
{
    struct line command = {.length = 0};

    line_add(&command, program);
    line_add(&command, ":");
    line_add(&command, word);
    line_add(&command, ":");
    line_add_number(&command, first, 10);
    line_add(&command, ":");
    line_add_number(&command, second, 10);
    return fl_spawn(command.text, command.length, FL_ANY_CPU);
}

/* Waits for that child, or any for 0: whether one ended by itself with that code. */
static inline bool child_exits(int64_t id, int code)
{
    struct fl_end end;

    return fl_wait(id, &end) > 0 && end.reason == FL_END_EXIT && end.code == code;
}

/* Kills a child that would never end by itself, and waits for it. */
static inline bool child_is_killed(int64_t id)
{
    struct fl_end end;

    return fl_kill(id) == 0 && fl_wait(id, &end) == id && end.reason == FL_END_KILLED;
}

#endif
