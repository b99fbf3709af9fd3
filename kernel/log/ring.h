/* The ring behind kernel/log.h. */
#ifndef KERNEL_LOG_RING_H
#define KERNEL_LOG_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/log.h"

struct log_record {
    uint64_t time_ns;
    uint32_t cpu;
    enum log_level level;
    size_t length;
    char text[LOG_LINE_MAX];
};

/* Adds a record; text beyond LOG_LINE_MAX must not be given. Any context, no lock. */
void ring_add(enum log_level level, uint32_t cpu, uint64_t time_ns, const char *text,
              size_t length);

enum ring_result { RING_READ, RING_END, RING_LOST };

/*
 * Reads the record at *position and moves it on. RING_END: nothing committed there yet (with
 * `force`, records that were reserved and never committed are stepped over). RING_LOST: records
 * were overwritten before they were read; *position is now at the oldest one that is left.
 */
enum ring_result ring_read(uint64_t *position, struct log_record *record, bool force);

/* True when a committed record begins at position, or records were lost there: ring_read() would
 * not say RING_END. */
bool ring_has_record(uint64_t position);

/* Position of the record that is `count` records before the end, or as near as the ring remembers.
 */
uint64_t ring_position_back(unsigned count);

/* Overwrites every record, as a stray pointer would: for the fault menu. */
void ring_damage(void);

#endif
