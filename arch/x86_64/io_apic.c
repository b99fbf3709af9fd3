/*
 * The I/O APICs' registers, two of which are seen: one selects, through the other the selected one is reached. Nothing
 * is written where RAM is, whatever the MADT says. Source: Intel 82093AA data sheet, 3.1 and 3.2.
 */
#include "x86/io_apic.h"

#include "kernel/log.h"
#include "kernel/mm/memory.h"
#include "kernel/mm/vmap.h"
#include "lib/bits.h"

#define IO_APIC_BYTES   0x20
#define SELECT          (0x00 / 4)
#define WINDOW          (0x10 / 4)
#define VERSION         1
#define REDIRECTION(n)  (0x10 + 2 * (n)) /* its low half */
#define DELIVERY(entry) ((entry) >> 8 & 7)
#define DELIVERY_SMI    2
#define MASKED          BIT(16)

static struct io_apic io_apics[ACPI_IO_APICS_MAX];
static size_t io_apic_count;

static uint32_t read(volatile uint32_t *registers, uint32_t number)
{
    registers[SELECT] = number;
    return registers[WINDOW];
}

static void write(volatile uint32_t *registers, uint32_t number, uint32_t value)
{
    registers[SELECT] = number;
    registers[WINDOW] = value;
}

/* Edge-triggered as well: an input that was level-triggered forgets an interrupt that nobody ended. */
static void mask_all(volatile uint32_t *registers, uint32_t input_count)
{
    for (uint32_t input = 0; input < input_count; input++)
        if (DELIVERY(read(registers, REDIRECTION(input))) != DELIVERY_SMI)
            write(registers, REDIRECTION(input), (uint32_t)MASKED);
}

/* It is known from now on, unless its interrupts cannot be. */
static void add(struct io_apic io_apic)
{
    const char *problem = io_apic_range_problem(&io_apic, io_apics, io_apic_count);

    if (problem) {
        log_warn("I/O APIC %u: %s: it is masked, and none of them is known", io_apic.id, problem);
        return;
    }
    io_apics[io_apic_count++] = io_apic;
    log_debug("I/O APIC %u: version %02x, interrupts %u to %u, all masked", io_apic.id,
              io_apic.version, io_apic.first_gsi, io_apic.first_gsi + (io_apic.input_count - 1));
}

/* NULL when it was masked. */
static const char *take(const struct acpi_io_apic *entry, volatile uint32_t *registers)
{
    struct io_apic io_apic = io_apic_describe(entry, read(registers, VERSION));
    const char *problem = io_apic_problem(&io_apic);

    if (problem)
        return problem;
    mask_all(registers, io_apic.input_count);
    add(io_apic);
    return NULL;
}

static const char *map_and_take(const struct acpi_io_apic *entry)
{
    volatile uint32_t *registers;

    if (entry->address % IO_APIC_BYTES != 0)
        return "its address is odd";
    if (memory_is_ram(entry->address))
        return "that is RAM";
    registers = vmap_device(entry->address, IO_APIC_BYTES, MMU_UNCACHED);
    return registers ? take(entry, registers) : "it cannot be mapped";
}

void io_apic_init(const struct acpi_madt *madt)
{
    for (size_t i = 0; i < madt->io_apic_count; i++) {
        const struct acpi_io_apic *entry = &madt->io_apics[i];
        const char *problem = map_and_take(entry);

        if (problem)
            log_warn("I/O APIC %u at %x: %s: left alone", entry->id, entry->address, problem);
    }
}
