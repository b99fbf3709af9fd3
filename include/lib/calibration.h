/*
 * How fast an unknown counter counts, measured against one of known rate. Pure: the counters are read through
 * functions, so that broken ones can be made up. A reading of the reference is bracketed by two of the unknown counter,
 * the time stamp, and lies somewhere between them: a reading that was disturbed (an SMI, an emulator that was not
 * scheduled) has a wide bracket, hence a large error bound.
 */
#ifndef LIB_CALIBRATION_H
#define LIB_CALIBRATION_H

#include <stdbool.h>
#include <stdint.h>

/* Rates outside cannot be those of a time-stamp counter. */
#define CALIBRATION_HZ_MIN UINT64_C(300000000)
#define CALIBRATION_HZ_MAX UINT64_C(10000000000)

/* A counter that counts up at a known rate and goes round after `mask`, which is 2^n - 1. */
struct reference_clock {
    const char *name; /* "the HPET" */
    uint64_t hz;
    uint32_t mask;
    uint32_t run_us; /* how long a run of the calibration must be for a useful result */
    uint32_t (*read)(void);
};

struct calibration_counters {
    const struct reference_clock *reference;
    uint64_t (*read_timestamp)(void);
    uint32_t (*read_timer)(void); /* counts down; it does not go round within a run */
};

/* One reading of all three: the reference's lies within `bracket` counts, `timestamp` in their middle. */
struct calibration_sample {
    uint64_t timestamp, bracket;
    uint32_t reference, timer;
};

struct calibration {
    uint64_t timestamp_hz;
    uint64_t timer_hz; /* 0: the timer stands still */
    uint64_t error_ppm;
};

enum calibration_result {
    CALIBRATION_OK,
    CALIBRATION_STANDS_STILL, /* the reference did not move */
    CALIBRATION_TOO_SLOW,     /* it moved, but not as far as it should have in many times a run */
    CALIBRATION_ABSURD        /* by it the time stamp has a rate that cannot be */
};

/* The narrowest of a few readings: the first touch of a device can be slow. */
struct calibration_sample calibration_take_sample(const struct calibration_counters *counters);

/*
 * Several short runs; those with the smallest error bounds are kept, and of them the median counts. Ends in bounded time
 * whatever the counters do. *out is written with CALIBRATION_OK only. Interrupts off.
 */
enum calibration_result calibration_run(const struct calibration_counters *counters,
                                        struct calibration *out);

/* What follows a name in the log: "stands still". */
const char *calibration_result_text(enum calibration_result result);

/*
 * A finer rate from two samples far apart, `known` being good enough to say how often the reference went round between
 * them. False when the two rates differ by more than their error bounds and a margin allow: then one counter jumped.
 */
bool calibration_refine(const struct reference_clock *reference,
                        const struct calibration_sample *first,
                        const struct calibration_sample *last, const struct calibration *known,
                        struct calibration *refined);

/* How many counts the reference went on, in all, between two readings `expected` counts apart or so: the number nearest
 * to that which agrees with the readings. */
uint64_t calibration_unwrap(uint32_t first, uint32_t last, uint32_t mask, uint64_t expected);

/* |a - b| in parts per million of b, which is not 0. */
uint64_t calibration_difference_ppm(uint64_t a, uint64_t b);

#endif
