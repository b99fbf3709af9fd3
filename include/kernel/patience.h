/*
 * How long one CPU waits for another before it says that something is wrong: watchdog=SECONDS, two unless said otherwise;
 * under a hypervisor, which may run the CPUs one after the other, the more the more CPUs there are.
 */
#ifndef KERNEL_PATIENCE_H
#define KERNEL_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
    uint64_t start; /* of arch_timestamp() */
    uint64_t spins; /* counted where there is no clock */
};

/* 0: for ever. Boot CPU, before others run. */
void patience_set(unsigned seconds);

/* How long that is now; 0: for ever. Any context, like all that follow. */
uint64_t patience_ns(void);

void patience_start(struct patience *patience);

/* To be asked again and again by who waits. */
bool patience_is_over(struct patience *patience);

#endif
