/*
 * The audit of the firmware: numbered checks, each of which judges one thing by facts that were gathered before
 * (lib/firmware_facts.h). Pure: facts in, findings out.
 *
 * A number belongs to its check for ever, so that the findings of two machines, or of one before and after an update, can
 * be compared line by line: a check that goes leaves a gap, a new one takes a new number. BAD is what contradicts a
 * specification, or a danger that the firmware could have kept away; NOTE is what one should know, such as a protection
 * that the CPU does not have or a leak that is the CPU's own.
 */
#ifndef LIB_FIRMWARE_AUDIT_H
#define LIB_FIRMWARE_AUDIT_H

#include <stddef.h>

#include "lib/firmware_facts.h"

#define FIRMWARE_LINE_MAX 160

enum firmware_verdict { FIRMWARE_OK, FIRMWARE_NOTE, FIRMWARE_BAD };
enum firmware_show { SHOW_NOTHING, SHOW_COUNT, SHOW_HEX };

/* One outcome of a check. Those of one check follow one another: the first whose fact is not 0 counts. Else the last does,
 * which is OK then: by its own sentence, or because there are 0 of what it counts. */
struct firmware_outcome {
    uint8_t number; /* of the check */
    uint8_t verdict;
    uint8_t show; /* of the fact, behind the sentence */
    uint8_t fact;
    char sentence[60];
};

_Static_assert(FIRMWARE_FACT_COUNT <= UINT8_MAX, "struct firmware_outcome has 8 bits for it");

/* Checks in the order of their numbers. The first group needs the handoff alone, so the loader has it too. */
struct firmware_checks {
    const struct firmware_outcome *outcomes;
    size_t count;
};
extern const struct firmware_checks firmware_loader_checks; /* 1 to 10 */
extern const struct firmware_checks firmware_kernel_checks; /* from 11 on */

struct firmware_finding {
    const struct firmware_outcome *outcome; /* NULL behind the last check */
    enum firmware_verdict verdict;
};

/* What the check finds that begins at *next, an index that is 0 at first and moves on to the next check. Some fifty
 * instructions. Any context. */
struct firmware_finding firmware_judge(const struct firmware_checks *checks, size_t *next,
                                       const struct firmware_facts *facts);

/* "firmware 07 BAD  sentence", without a line end, into FIRMWARE_LINE_MAX characters; returns the length. Any context. */
size_t firmware_line(char *line, const struct firmware_finding *finding,
                     const struct firmware_facts *facts);

/* All findings, a line each; at most size - 1 characters, and no line is cut. Returns the length. Any context. */
size_t firmware_text(char *text, size_t size, const struct firmware_checks *checks,
                     const struct firmware_facts *facts);

#endif
