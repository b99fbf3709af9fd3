/*
 * SPCR and DBG2 (Microsoft, "Serial Port Console Redirection Table" 1.10 and "Debug Port Table 2"). Revision 3 of the
 * SPCR added the UART's clock, revision 4 the exact rate; before, these bytes are reserved or not there.
 */
#include "acpi_internal.h"
#include "lib/bytes.h"
#include "lib/compiler.h"
#include "lib/string.h"

#define SPCR_BYTES      80
#define SPCR_INTERFACE  36
#define SPCR_BASE       40
#define SPCR_BAUD       58
#define SPCR_DEVICE     64
#define SPCR_VENDOR     66
#define SPCR_BUS        68
#define SPCR_SLOT       69
#define SPCR_FUNCTION   70
#define SPCR_SEGMENT    75
#define SPCR_CLOCK      76
#define SPCR_EXACT_RATE 80

#define REVISION_CLOCK      3
#define REVISION_EXACT_RATE 4
#define PCI_NO_ID           0xffff

#define DBG2_BYTES         44
#define DBG2_FIRST         36
#define DBG2_COUNT         40
#define DEVICE_BYTES       22
#define DEVICE_LENGTH      1
#define DEVICE_REGISTERS   3
#define DEVICE_TYPE        12
#define DEVICE_SUBTYPE     14
#define DEVICE_BASE_OFFSET 18
#define TYPE_SERIAL        0x8000

/* By the SPCR's number; what has none here is reserved. */
static const uint32_t baud_rates[] = {[3] = 9600, [4] = 19200, [6] = 57600, [7] = 115200};

static uint32_t read_baud(const struct acpi_table *table, const struct diagnostics *diagnostics)
{
    uint8_t number = table->bytes[SPCR_BAUD];
    uint32_t exact = 0;

    if (table->revision >= REVISION_EXACT_RATE && table->length >= SPCR_EXACT_RATE + 4)
        exact = bytes_read32(table->bytes + SPCR_EXACT_RATE);
    if (exact != 0)
        return exact;
    if (number != 0 && (number >= ARRAY_COUNT(baud_rates) || baud_rates[number] == 0)) {
        diagnostics_warn(diagnostics,
                         "SPCR: the rate number %u is reserved: the rate stays as it is", number);
        return 0;
    }
    return baud_rates[number];
}

static void read_pci(struct acpi_serial *out, const struct acpi_table *table)
{
    out->vendor = bytes_read16(table->bytes + SPCR_VENDOR);
    out->device = bytes_read16(table->bytes + SPCR_DEVICE);
    out->is_pci = out->vendor != 0 && out->vendor != PCI_NO_ID;
    out->segment = table->bytes[SPCR_SEGMENT];
    out->bus = table->bytes[SPCR_BUS];
    out->slot = table->bytes[SPCR_SLOT];
    out->function = table->bytes[SPCR_FUNCTION];
}

bool acpi_read_spcr(struct acpi_serial *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics)
{
    memset(out, 0, sizeof(*out));
    if (!acpi_is_long_enough("SPCR", table, SPCR_BYTES, diagnostics))
        return false;
    out->interface = table->bytes[SPCR_INTERFACE];
    out->base = acpi_read_gas(table->bytes + SPCR_BASE);
    read_pci(out, table);
    if (out->base.address == 0 && !out->is_pci)
        return false;
    out->baud = read_baud(table, diagnostics);
    if (table->revision >= REVISION_CLOCK)
        out->clock_hz = bytes_read32(table->bytes + SPCR_CLOCK);
    return true;
}

/* `bytes` has `size` of them, DEVICE_BYTES or more. */
static bool read_device(struct acpi_serial *out, const uint8_t *bytes, size_t size)
{
    size_t base = bytes_read16(bytes + DEVICE_BASE_OFFSET);

    if (bytes_read16(bytes + DEVICE_TYPE) != TYPE_SERIAL || bytes[DEVICE_REGISTERS] == 0 ||
        base + ACPI_GAS_BYTES > size)
        return false;
    out->interface = bytes_read16(bytes + DEVICE_SUBTYPE);
    out->base = acpi_read_gas(bytes + base);
    return out->base.address != 0;
}

bool acpi_read_dbg2(struct acpi_serial *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics)
{
    uint64_t at;
    uint32_t count;

    memset(out, 0, sizeof(*out));
    if (!acpi_is_long_enough("DBG2", table, DBG2_BYTES, diagnostics))
        return false;
    at = bytes_read32(table->bytes + DBG2_FIRST);
    count = bytes_read32(table->bytes + DBG2_COUNT);
    for (; count > 0; count--) {
        uint64_t left = at < table->length ? table->length - at : 0;
        size_t size = left >= DEVICE_BYTES ? bytes_read16(table->bytes + at + DEVICE_LENGTH) : 0;

        if (size < DEVICE_BYTES || size > left) {
            diagnostics_warn(diagnostics,
                             "DBG2, offset %lu: no device can be there: all from here on ignored",
                             (unsigned long)at);
            return false;
        }
        if (read_device(out, table->bytes + at, size))
            return true;
        at += size;
    }
    return false;
}
