/* What the kernel does at each timer interrupt. */
#ifndef KERNEL_TIME_TICK_H
#define KERNEL_TIME_TICK_H

#define TICK_HZ 100

/* Called by the timer interrupt's handler after the interrupt was acknowledged, interrupts off. Each CPU. */
void tick(void);

#endif
