/* The memory types that firmware gives to ranges of physical addresses. Interrupts off. */
#ifndef X86_MTRR_H
#define X86_MTRR_H

#include <stdbool.h>

/* Keeps the boot CPU's, to compare the others' with. Once, after x86_features_init(). */
void mtrr_remember(void);

/* Gives this CPU the same; true when it had others. Once on each but the boot CPU, as early as can be. */
bool mtrr_init_cpu(void);

/* Whether memory types are in force on the boot CPU. After mtrr_remember(). */
bool mtrr_are_on(void);

/* Compares this CPU's with those; false, with a warning for each register that differs. */
bool mtrr_verify(void);

/* Changes a range that is switched off, and says whether mtrr_verify() noticed; puts it back. Where all are in use, or
 * there are none, there is nothing to change, and the answer is true. */
bool mtrr_verify_notices(void);

#endif
