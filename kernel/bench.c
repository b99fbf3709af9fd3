/*
 * The bench: one line of the table for a row. A row's round is called 1,000 times between two
 * readings of the time-stamp counter, its preparation outside of them.
 */
#include "kernel/bench.h"

#include "arch/cpu.h"
#include "arch/trap.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/symbols.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "log/screen.h"

#define ROUNDS 1000

static uint64_t samples[ROUNDS];

static void nothing(void) {}

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

static void frame_pair(void) { frame_free(frame_alloc()); }

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

/* A blank screen, so that a line is drawn and nothing scrolls; a full one, so that each line does. */
static const struct row {
    const char *name;
    void (*prepare)(void);
    void (*round)(void);
} rows[] = {
    {"breakpoint", nothing, arch_bench_breakpoint},
    {"timer-interrupt", nothing, arch_bench_timer_interrupt},
    {"symbol-lookup", choose_address, look_up_symbol},
    {"frame", nothing, frame_pair},
    {"log-ring", nothing, trace_thirty_characters}, /* loglevel=info: no sink shows it */
    {"log-line", nothing, log_thirty_characters},
    {"log-draw", draw_blank_screen, draw_thirty_characters},
    {"log-scroll", nothing, draw_thirty_characters},
};

static uint64_t measure(void (*round)(void))
{
    uint64_t start = arch_timestamp();

    round();
    return arch_timestamp() - start;
}

static uint64_t overhead(void)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t cost = measure(nothing);

        least = cost < least ? cost : least;
    }
    return least;
}

/* Shell sort: the rounds of a row are alike, so there is little to do. */
static void sort_samples(void)
{
    for (unsigned gap = ROUNDS / 2; gap > 0; gap /= 2)
        for (unsigned i = gap; i < ROUNDS; i++)
            for (unsigned j = i; j >= gap && samples[j] < samples[j - gap]; j -= gap) {
                uint64_t swap = samples[j];

                samples[j] = samples[j - gap];
                samples[j - gap] = swap;
            }
}

static void run_row(const struct row *row)
{
    uint64_t empty = overhead(), written;
    irq_state_t state = arch_irq_save();
    trap_handler_t *before = arch_bench_begin();

    written = screen_bytes_written(); /* nobody draws but the rounds */
    for (unsigned i = 0; i < ROUNDS; i++) {
        row->prepare();
        samples[i] = measure(row->round) - empty;
    }
    written = (screen_bytes_written() - written) / ROUNDS;
    arch_bench_end(before);
    arch_irq_restore(state);
    sort_samples();
    log_info("bench %s: minimum %lu median %lu maximum %lu counts, %lu bytes drawn", row->name,
             samples[0], samples[ROUNDS / 2], samples[ROUNDS - 1], written);
}

bool bench_run(const char *name)
{
    bool found = false;

    for (unsigned i = 0; i < ARRAY_COUNT(rows); i++) {
        if (strcmp(name, "all") != 0 && strcmp(name, rows[i].name) != 0)
            continue;
        run_row(&rows[i]);
        found = true;
    }
    if (!found)
        log_error("bench=%s: there is no such row", name);
    return found;
}
