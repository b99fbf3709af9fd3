/*
 * The firmware called once more, after it was left: its runtime services, by the CPU that has reported a fatal fault, when
 * every other CPU has stopped. Nothing of it is trusted: it runs on page tables and a stack of its own, for a limited time,
 * and a call that faults or does not end is broken off (UEFI 2.10, 8 and 2.3.4).
 */
#ifndef ARCH_FIRMWARE_H
#define ARCH_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "lib/memory_map.h"

/* Notes what memory the services need. Boot CPU, once, between arch_mmu_map_ram() and memory_take_over(). */
void arch_firmware_read_map(const struct boot_info *info, const struct memory_map *memory);

/* Builds the page tables and audits them; what is wrong is logged. Boot CPU, once, when everything that
 * arch_firmware_run() needs is there: other CPUs' faults may come any time after. */
void arch_firmware_init(const struct boot_info *info);

/* Whether arch_firmware_run() would call anything. Any context. */
bool arch_firmware_can_run(void);

/*
 * Calls function(argument) with the firmware's memory mapped where the firmware expects it, and the functions below may be
 * called in it. NULL when it has returned; else why it did not, or was not called: a text that stays. After a function was
 * broken off none is called again. For a fatal report: other CPUs stopped, interrupts off, which they are again afterwards.
 */
const char *arch_firmware_run(void (*function)(void *argument), void *argument, uint64_t limit_ns);

/* ---- within arch_firmware_run(): each returns an EFI status (lib/efi_status.h) ---- */

#define FIRMWARE_VARIABLE_ATTRIBUTES                                                               \
    7 /* non-volatile, for the boot and after it (UEFI 2.10, 8.2) */

struct firmware_space {
    uint64_t total, free;  /* bytes for variables with the attributes above */
    uint64_t variable_max; /* of one, with its name and what the firmware adds */
};

uint64_t arch_firmware_query_space(struct firmware_space *space);
uint64_t arch_firmware_set_variable(const uint16_t *name, const void *guid, const void *data,
                                    size_t bytes);

/* Returns only when it fails. */
uint64_t arch_firmware_power_off(void);

/* ---- the other CPUs ---- */

/* The report is over: nobody need watch the CPU that reports any more. */
void arch_firmware_end_watch(void);

#endif
