/* See lib/calibration.h. */
#include "lib/calibration.h"

#include <stddef.h>

#define READINGS  4
#define RUNS      5
#define RUNS_KEPT 3
#define STALLED_COUNTS                                                                             \
    UINT64_C(1000000) /* 0.1 ms at least, and every reference counts each microsecond */
#define HOPELESS_COUNTS (100 * STALLED_COUNTS)
#define READS_MAX       10000000 /* for a time stamp that stands still */
#define US_PER_SECOND   1000000
#define PPM             UINT64_C(1000000)
#define REFINE_PPM      200 /* what the bounds leave out: both counters drift with their temperature */

static void take_sample(const struct calibration_counters *counters,
                        struct calibration_sample *sample)
{
    uint64_t before = counters->read_timestamp();

    sample->timer = counters->read_timer();
    sample->reference = counters->reference->read();
    sample->bracket = counters->read_timestamp() - before;
    sample->timestamp = before + sample->bracket / 2;
}

struct calibration_sample calibration_take_sample(const struct calibration_counters *counters)
{
    struct calibration_sample best, sample;

    take_sample(counters, &best);
    for (unsigned i = 1; i < READINGS; i++) {
        take_sample(counters, &sample);
        if (sample.bracket < best.bracket)
            best = sample;
    }
    return best;
}

/* a * b / c without a product beyond 64 bits: the last bits of a and c, of no weight then, are given up. */
static uint64_t multiply_divide(uint64_t a, uint64_t b, uint64_t c)
{
    while (b != 0 && a > UINT64_MAX / b) {
        a >>= 1;
        c >>= 1;
    }
    return c ? a * b / c : UINT64_MAX;
}

uint64_t calibration_difference_ppm(uint64_t a, uint64_t b)
{
    return multiply_divide(a > b ? a - b : b - a, PPM, b);
}

/* ---- a short run ---- */

/* The time stamp is read before the reference, so that a pause between the two cannot look like a reference that has not
 * moved in that time. */
static enum calibration_result wait_for(const struct calibration_counters *counters,
                                        const struct calibration_sample *start, uint32_t counts)
{
    const struct reference_clock *reference = counters->reference;
    uint32_t moved = 0, moved_before = 0;
    uint64_t still_since = start->timestamp;

    for (unsigned reads = 0; reads < READS_MAX; reads++, moved_before = moved) {
        uint64_t now = counters->read_timestamp();

        moved = (reference->read() - start->reference) & reference->mask;
        if (moved >= counts)
            return CALIBRATION_OK;
        if (moved != moved_before)
            still_since = now;
        else if (now - still_since > STALLED_COUNTS)
            return CALIBRATION_STANDS_STILL;
        if (now - start->timestamp > HOPELESS_COUNTS)
            return CALIBRATION_TOO_SLOW;
    }
    return CALIBRATION_ABSURD;
}

/* The bound: half of each bracket, and a count of the reference at one of the ends. */
static uint64_t error_ppm(const struct calibration_sample *start,
                          const struct calibration_sample *end, uint64_t reference_counts)
{
    uint64_t brackets = (start->bracket + end->bracket + 1) / 2;

    return multiply_divide(brackets, PPM, end->timestamp - start->timestamp) +
           (PPM + reference_counts - 1) / reference_counts;
}

static enum calibration_result measure(const struct calibration_counters *counters,
                                       struct calibration *out)
{
    const struct reference_clock *reference = counters->reference;
    struct calibration_sample start = calibration_take_sample(counters), end;
    uint32_t counts = (uint32_t)(reference->hz * reference->run_us / US_PER_SECOND), moved;
    enum calibration_result result = wait_for(counters, &start, counts);

    if (result != CALIBRATION_OK)
        return result;
    end = calibration_take_sample(counters);
    moved = (end.reference - start.reference) & reference->mask;
    if (moved == 0 || end.timestamp <= start.timestamp)
        return CALIBRATION_ABSURD;
    out->timestamp_hz = multiply_divide(end.timestamp - start.timestamp, reference->hz, moved);
    out->timer_hz = multiply_divide(start.timer - end.timer, reference->hz, moved);
    out->error_ppm = error_ppm(&start, &end, moved);
    return CALIBRATION_OK;
}

/* ---- several of them ---- */

static uint64_t by_error(const struct calibration *run) { return run->error_ppm; }

static uint64_t by_rate(const struct calibration *run) { return run->timestamp_hz; }

static void sort(struct calibration *runs, unsigned count,
                 uint64_t (*key)(const struct calibration *))
{
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = i; j > 0 && key(&runs[j]) < key(&runs[j - 1]); j--) {
            struct calibration swap = runs[j];

            runs[j] = runs[j - 1];
            runs[j - 1] = swap;
        }
}

enum calibration_result calibration_run(const struct calibration_counters *counters,
                                        struct calibration *out)
{
    struct calibration runs[RUNS], *median = &runs[RUNS_KEPT / 2];

    for (unsigned i = 0; i < RUNS; i++) {
        enum calibration_result result = measure(counters, &runs[i]);

        if (result != CALIBRATION_OK)
            return result;
    }
    sort(runs, RUNS, by_error);
    sort(runs, RUNS_KEPT, by_rate);
    if (median->timestamp_hz < CALIBRATION_HZ_MIN || median->timestamp_hz > CALIBRATION_HZ_MAX)
        return CALIBRATION_ABSURD;
    *out = *median;
    return CALIBRATION_OK;
}

const char *calibration_result_text(enum calibration_result result)
{
    static const char *const texts[] = {
        [CALIBRATION_OK] = "counts",
        [CALIBRATION_STANDS_STILL] = "stands still",
        [CALIBRATION_TOO_SLOW] = "counts far too slowly",
        [CALIBRATION_ABSURD] = "gives the TSC a rate that cannot be",
    };

    return texts[result];
}

/* ---- two samples far apart ---- */

uint64_t calibration_unwrap(uint32_t first, uint32_t last, uint32_t mask, uint64_t expected)
{
    uint64_t round = (uint64_t)mask + 1, moved = (last - first) & mask;

    if (expected > moved)
        moved += (expected - moved + round / 2) / round * round;
    return moved;
}

bool calibration_refine(const struct reference_clock *reference,
                        const struct calibration_sample *first,
                        const struct calibration_sample *last, const struct calibration *known,
                        struct calibration *refined)
{
    uint64_t counts = last->timestamp - first->timestamp;
    uint64_t expected = multiply_divide(counts, reference->hz, known->timestamp_hz);
    uint64_t moved =
        calibration_unwrap(first->reference, last->reference, reference->mask, expected);

    if (moved == 0 || counts == 0)
        return false;
    *refined = *known;
    refined->timestamp_hz = multiply_divide(counts, reference->hz, moved);
    refined->error_ppm = error_ppm(first, last, moved);
    return calibration_difference_ppm(refined->timestamp_hz, known->timestamp_hz) <=
           known->error_ppm + refined->error_ppm + REFINE_PPM;
}
