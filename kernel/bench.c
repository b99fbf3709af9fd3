/*
 * The bench: one line of the table for a row. A row's round is called between two readings of the
 * time-stamp counter, its preparation outside of them.
 */
#include "kernel/bench.h"

#include "arch/cpu.h"
#include "arch/trap.h"
#include "cpu_bench.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/symbols.h"
#include "kernel/time/timer.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "log/screen.h"
#include "mm/memory_bench.h"

#define ROUNDS       1000
#define ROUNDS_LEAST 20

static uint64_t samples[ROUNDS];

static void nothing(void) {}

static void pass_by(struct timer *timer) { (void)timer; }

static void log_thirty_characters(void) { log_info("a line of thirty characters..."); }

static void draw_thirty_characters(void)
{
    log_thirty_characters();
    log_draw_now();
}

/* So that the line is all that differs. */
static void draw_blank_screen(void)
{
    screen_clear();
    log_draw_now();
}

static void trace_thirty_characters(void) { log_trace("a line of thirty characters..."); }

/* Addresses all over the kernel's text, one after the other. */
static vaddr_t looked_up;

static void choose_address(void)
{
    vaddr_t start = (vaddr_t)kernel_text_start, bytes = (vaddr_t)kernel_text_end - start;

    looked_up =
        start + (looked_up - start + 7919) % bytes; /* a prime: every part comes to its turn */
}

static void look_up_symbol(void)
{
    struct symbols_place places[SYMBOLS_PLACES_MAX];

    symbols_lookup(looked_up, places, SYMBOLS_PLACES_MAX);
}

/* One that is due, the last of the row served after it. */
static void set_due_timer(void)
{
    static struct timer timer = {.callback = pass_by};

    timer_set(&timer, 0);
}

/* clang-format off */
/* A blank screen, so that a line is drawn and nothing scrolls; a full one, so that each line does. */
static const struct bench_row own_rows[] = {
    {.name = "breakpoint", .round = arch_bench_breakpoint},
    {.name = "timer-interrupt", .round = arch_bench_timer_interrupt},
    {.name = "timer-due", .prepare = set_due_timer, .round = arch_bench_timer_interrupt},
    {.name = "symbol-lookup", .prepare = choose_address, .round = look_up_symbol},
    {.name = "log-ring", .round = trace_thirty_characters}, /* loglevel=info: no sink shows it */
    {.name = "log-line", .round = log_thirty_characters},
    {.name = "log-draw", .prepare = draw_blank_screen, .round = draw_thirty_characters},
    {.name = "log-scroll", .round = draw_thirty_characters},
};
/* clang-format on */

static uint64_t measure(void (*round)(void))
{
    uint64_t start = arch_timestamp();

    round();
    return arch_timestamp() - start;
}

/* What the loop around the work costs. */
static uint64_t overhead(void (*empty)(void))
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < ROUNDS / 10; i++) {
        uint64_t cost = measure(empty);

        least = cost < least ? cost : least;
    }
    return least;
}

/* Shell sort: the rounds of a row are alike, so there is little to do. */
static void sort_samples(unsigned count)
{
    for (unsigned gap = count / 2; gap > 0; gap /= 2)
        for (unsigned i = gap; i < count; i++)
            for (unsigned j = i; j >= gap && samples[j] < samples[j - gap]; j -= gap) {
                uint64_t swap = samples[j];

                samples[j] = samples[j - gap];
                samples[j - gap] = swap;
            }
}

static void run_row(const struct bench_row *row)
{
    unsigned times = row->times ? row->times : 1, rounds = ROUNDS / times ? ROUNDS / times : 1;
    irq_state_t state = arch_irq_save();
    uint64_t empty = overhead(row->empty ? row->empty : nothing), written;
    trap_handler_t *before = arch_bench_begin();

    rounds = rounds < ROUNDS_LEAST ? ROUNDS_LEAST : rounds;
    written = screen_bytes_written(); /* nobody draws but the rounds */
    for (unsigned i = 0; i < rounds; i++) {
        if (row->prepare)
            row->prepare();
        samples[i] = (measure(row->round) - empty) / times;
    }
    written = (screen_bytes_written() - written) / rounds;
    if (row->finish)
        row->finish();
    arch_bench_end(before);
    arch_irq_restore(state);
    sort_samples(rounds);
    log_info("bench %s: minimum %lu median %lu maximum %lu counts, %lu bytes drawn", row->name,
             samples[0], samples[rounds / 2], samples[rounds - 1], written);
}

static bool run_rows(const struct bench_row *rows, unsigned count, const char *name)
{
    bool found = false;

    for (unsigned i = 0; i < count; i++) {
        if (strcmp(name, "all") != 0 && strncmp(name, rows[i].name, strlen(name)) != 0)
            continue;
        run_row(&rows[i]);
        found = true;
    }
    return found;
}

bool bench_run(const char *name)
{
    bool found = run_rows(memory_bench_rows, memory_bench_row_count, name);

    found = run_rows(own_rows, ARRAY_COUNT(own_rows), name) || found;
    found = run_rows(cpu_bench_rows, cpu_bench_row_count, name) || found;
    if (!found)
        log_error("bench=%s: there is no such row", name);
    return found;
}
