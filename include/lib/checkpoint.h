/*
 * How far a boot has got, as one word in a page below 1 MiB that nobody else uses: RAM survives a warm reset, so the next
 * boot's loader can tell of one that ended without a report - a triple fault, a watchdog, the reset button. One word is
 * written at once: there is no half of it. After power loss it is noise, and nothing is told.
 */
#ifndef LIB_CHECKPOINT_H
#define LIB_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

/* What was reached last, in the order in which it happens; the last two say that there is nothing to tell. */
enum checkpoint {
    CHECKPOINT_START,
    CHECKPOINT_OPTIONS,
    CHECKPOINT_SCREEN,
    CHECKPOINT_ACPI,
    CHECKPOINT_KERNEL,
    CHECKPOINT_PROGRAMS,
    CHECKPOINT_TABLES,
    CHECKPOINT_EXIT,
    CHECKPOINT_PAGING,
    CHECKPOINT_MEMORY,
    CHECKPOINT_CLOCKS,
    CHECKPOINT_CPUS,
    CHECKPOINT_READY,
    CHECKPOINT_RUN,
    CHECKPOINT_IDLE,
    CHECKPOINT_REPORTED, /* a report was written */
    CHECKPOINT_ENDED,    /* as it was asked to */
    CHECKPOINT_COUNT
};

/* The word for it, and back; false for any other word. Any context. */
uint64_t checkpoint_word(enum checkpoint reached);
bool checkpoint_read(uint64_t word, enum checkpoint *reached);

/* For a sentence: "got as far as ...". */
const char *checkpoint_text(enum checkpoint reached);

#endif
