/*
 * A fault report made as short as needed, for a QR code. Pure: text in, text out; nothing of the text is trusted.
 *
 * A report's line has its label in a column of REPORT_LABEL_WIDTH, or blanks there when it continues the line above. What is
 * left out goes by the label, the least telling first; what a fault cannot be understood without always stays: the headline,
 * cause, at, error and the details that exceptions leave, operand, address, registers, code, the first six frames, and the
 * system line with the build id.
 */
#ifndef LIB_REPORT_EXCERPT_H
#define LIB_REPORT_EXCERPT_H

#include <stddef.h>

#include "lib/slice.h"

#define REPORT_LABEL_WIDTH 11

/*
 * Writes the longest excerpt of at most `size` bytes, without a NUL, each line ended by LF and with single blanks. Returns its
 * length, or 0 when even the shortest is longer. Any context.
 */
size_t report_excerpt(struct slice report, char *excerpt, size_t size);

/* The label of a report's line, without the blanks behind it: empty when the line continues the one above. All of it when it is
 * a headline, which begins with "*** ". */
struct slice report_label(struct slice line);

#endif
