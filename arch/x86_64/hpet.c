/*
 * The high precision event timer's main counter, of which the low 32 bits are used: a 64-bit read is not one access on
 * every PC. At the usual 14.3 MHz they go round every five minutes. Source: IA-PC HPET Specification 1.0a, 2.3.
 */
#include <stdbool.h>
#include <stddef.h>

#include "kernel/log.h"
#include "kernel/mm/vmap.h"
#include "lib/bits.h"
#include "x86/reference.h"

#define HPET_BYTES         1024
#define HPET_PERIOD        0x04 /* upper half of the capabilities: femtoseconds */
#define HPET_CONFIGURATION 0x10
#define HPET_COUNTER       0xf0

#define CONFIGURATION_ENABLE BIT(0)
#define PERIOD_FS_MAX        100000000
#define FS_PER_SECOND        UINT64_C(1000000000000000)

static volatile uint8_t *registers READ_ONLY_AFTER_INIT;

static volatile uint32_t *hpet_register(unsigned offset)
{
    return (volatile uint32_t *)(registers + offset);
}

static uint32_t hpet_read(void) { return *hpet_register(HPET_COUNTER); }

static struct reference_clock hpet = {
    .name = "the HPET", .mask = UINT32_MAX, .run_us = 200, .read = hpet_read};

const struct reference_clock *hpet_find(const struct acpi *acpi)
{
    uint32_t period_fs;

    if (!acpi->has_hpet)
        return NULL;
    registers = vmap_device(acpi->hpet.base, HPET_BYTES, MMU_UNCACHED);
    if (!registers) {
        log_warn("clock: the HPET at %lx cannot be mapped", (unsigned long)acpi->hpet.base);
        return NULL;
    }
    period_fs = *hpet_register(HPET_PERIOD);
    if (period_fs == 0 || period_fs > PERIOD_FS_MAX) {
        log_warn("clock: the HPET's period is %u fs, which cannot be: not used", period_fs);
        return NULL;
    }
    hpet.hz = FS_PER_SECOND / period_fs;
    *hpet_register(HPET_CONFIGURATION) |= (uint32_t)CONFIGURATION_ENABLE;
    return &hpet;
}
