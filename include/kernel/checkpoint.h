/* How far this boot has got, for the next one's loader to tell if it ends without a report (lib/checkpoint.h). */
#ifndef KERNEL_CHECKPOINT_H
#define KERNEL_CHECKPOINT_H

#include "lib/checkpoint.h"

/* Finds the word that the loader keeps for it. Boot CPU, once all RAM is mapped. */
void checkpoint_init(void);

/* Writes it to RAM; no-op before checkpoint_init() and where the loader found no place. Any context. */
void checkpoint_reach(enum checkpoint reached);

#endif
