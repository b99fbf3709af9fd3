/*
 * ACPI's power management timer: 3.579545 MHz, 24 or 32 bits wide, in an I/O port on nearly every PC, or in memory
 * (ACPI 6.5, 4.8.3.3). In 24 bits it goes round every 4.7 s.
 */
#include <stddef.h>

#include "arch/cpu.h"
#include "kernel/log.h"
#include "kernel/mm/vmap.h"
#include "x86/reference.h"

#define PM_TIMER_HZ    3579545
#define PM_TIMER_BYTES 4
#define MASK_24        0xffffff

static uint16_t port READ_ONLY_AFTER_INIT;
static const volatile uint32_t *in_memory;

static uint32_t read_port(void)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static uint32_t read_memory(void) { return *in_memory; }

static struct reference_clock pm_timer = {.name = "the PM timer", .hz = PM_TIMER_HZ, .run_us = 500};

const struct reference_clock *pm_timer_find(const struct acpi *acpi)
{
    const struct acpi_gas *at = &acpi->fadt.pm_timer;

    if (!acpi->has_fadt || at->address == 0)
        return NULL;
    port = (uint16_t)at->address;
    pm_timer.read = read_port;
    if (at->space == ACPI_SPACE_MEMORY) {
        in_memory = vmap_device(at->address, PM_TIMER_BYTES, MMU_UNCACHED);
        pm_timer.read = read_memory;
        if (!in_memory) {
            log_warn("clock: the PM timer at %lx cannot be mapped", (unsigned long)at->address);
            return NULL;
        }
    }
    pm_timer.mask = acpi->fadt.flags & ACPI_FADT_TIMER_32_BITS ? UINT32_MAX : MASK_24;
    return &pm_timer;
}
