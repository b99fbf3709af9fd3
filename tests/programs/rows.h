/*
 * Rows of things that a program may not do, and what must become of one that does. A program with such a table starts a
 * child of itself for each row, on the CPU that it runs on, and asks how it ended; after each, another child shows that
 * a program begins and ends as ever.
 */
#ifndef ROWS_H
#define ROWS_H

#include "text.h"

#define ROW_COUNT(rows) (sizeof(rows) / sizeof(*(rows)))
#define SURVIVES        (-1)
#define FRESH_CODE      42
#define PAGE_MASK       0xfffUL

struct row {
    const char *name;
    void (*commit)(
        void);  /* a row that survives calls fl_exit(1) when something was not as it should be */
    int vector; /* of the exception that ends it, or SURVIVES */
    uint64_t error;
    uint64_t address; /* in the page that a #PF is about */
};

/* As the linker laid it down, unless memory of another instance was kept. */
static volatile int fresh = FRESH_CODE;

/* Starts `program:word` on this CPU and waits for its end; false when it could not be started. */
static inline bool row_start(const char *program, const char *word, struct fl_end *end)
{
    struct line command = {.length = 0};
    int64_t id;

    line_add(&command, program);
    line_add(&command, ":");
    line_add(&command, word);
    id = fl_spawn(command.text, command.length, fl_cpu_number());
    return id > 0 && fl_wait(id, end) == id;
}

static inline bool row_is_as_expected(const struct row *row, const struct fl_end *end)
{
    if (row->vector == SURVIVES)
        return end->reason == FL_END_EXIT && end->code == 0;
    return end->reason == FL_END_FAULT && end->code == row->vector && end->error == row->error &&
           (end->address & ~PAGE_MASK) == (row->address & ~PAGE_MASK);
}

static inline void row_say_difference(const struct row *row, const struct fl_end *end)
{
    struct line line = {.length = 0};

    line_add(&line, row->name);
    line_add(&line, " failed: reason ");
    line_add_number(&line, end->reason, 10);
    line_add(&line, ", code ");
    line_add_number(&line, (uint32_t)end->code, 10);
    line_add(&line, ", error ");
    line_add_number(&line, end->error, 16);
    line_add(&line, ", address ");
    line_add_number(&line, end->address, 16);
    line_say(&line);
}

static inline bool row_run(const char *program, const struct row *row)
{
    struct fl_end end = {0};
    bool well = row_start(program, row->name, &end) && row_is_as_expected(row, &end);

    if (!well)
        row_say_difference(row, &end);
    if (!row_start(program, "fresh", &end) || end.reason != FL_END_EXIT || end.code != FRESH_CODE) {
        fl_say("failed: a fresh program did not run");
        well = false;
    }
    return well;
}

/* In the child: commits the row of that name. Its code says that the row was survived, or does not exist. */
static inline int row_commit(const struct row *rows, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(name, rows[i].name)) {
            rows[i].commit();
            return 0;
        }
    return text_is(name, "fresh") ? fresh : 1;
}

/* main() of a program with a table: the exit code is how many rows failed. */
static inline int rows_main(int argc, char **argv, const struct row *rows, size_t count)
{
    int failed = 0;

    if (argc > 1)
        return row_commit(rows, count, argv[1]);
    for (size_t i = 0; i < count; i++)
        failed += !row_run(argv[0], &rows[i]);
    say_number(
        failed ? "rows that FAILED:" : "rows as expected:", failed ? (uint64_t)failed : count, 10);
    return failed;
}

#endif
