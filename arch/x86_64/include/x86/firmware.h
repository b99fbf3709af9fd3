/* Between the files of the firmware's calls, and what traps and stopped CPUs do for them. */
#ifndef X86_FIRMWARE_H
#define X86_FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/trap.h"
#include "lib/runtime_map.h"
#include "lib/types.h"

/* firmware_space.c: page tables with the firmware's memory at its physical addresses beside the kernel's half. False, after
 * a line in the log that says why, when there are none that can be used. */
bool x86_firmware_space_init(const struct runtime_map *map);
paddr_t x86_firmware_root(void);

/* firmware_services.c: where the firmware's system table is. */
void x86_firmware_services_init(paddr_t table);

/*
 * firmware_call.S: calls function(argument) on those page tables, on the stack that ends at `top`, interrupts on. True when
 * it has returned; false when a trap's handler broke it off: by going on at x86_firmware_broken_off, with the stack pointer
 * that x86_firmware_sp holds.
 */
bool x86_firmware_call(paddr_t root, vaddr_t top, void (*function)(void *argument), void *argument);
extern const char x86_firmware_broken_off[];
extern vaddr_t x86_firmware_sp;

/* When this CPU is in such a call: makes it end, once the handler returns, because of the exception at hand. Any
 * exception's handler. */
bool x86_firmware_fix_up(struct trap_frame *frame);

/* The same when its time is over; in an NMI's handler. */
bool x86_firmware_is_overdue(struct trap_frame *frame);

/* A CPU that was stopped for a report: one of them stays awake until the report is over, and sends the CPU that reports an
 * NMI when the firmware's time is over. For firmware that masks interrupts. */
void x86_firmware_watch(void);

#endif
