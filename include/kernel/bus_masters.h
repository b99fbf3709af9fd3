/* PCI functions that may write to memory by themselves. */
#ifndef KERNEL_BUS_MASTERS_H
#define KERNEL_BUS_MASTERS_H

/* How many functions of segment 0, bridges left out, are bus masters; each is named at DEBUG. Boot CPU. Some 1,000
 * instructions and 64 port accesses for each bus. */
unsigned bus_masters_count(void);

#endif
