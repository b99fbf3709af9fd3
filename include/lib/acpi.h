/*
 * What the kernel knows of the machine from ACPI's static tables; AML is never looked at. Pure parsers: bytes in,
 * structures out, findings as warnings that name the table. Everything is a copy: no table is needed afterwards.
 * Source: ACPI 6.5, chapter 5; for HPET, MCFG, SPCR and DBG2 the documents named in the sources.
 */
#ifndef LIB_ACPI_H
#define LIB_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/acpi_madt.h"
#include "lib/acpi_table.h"
#include "lib/diagnostics.h"
#include "lib/types.h"

/* ---- addresses ---- */

enum acpi_space { ACPI_SPACE_MEMORY, ACPI_SPACE_IO, ACPI_SPACE_PCI_CONFIG };

/* Generic Address Structure (5.2.3.2). */
struct acpi_gas {
    uint8_t space; /* enum acpi_space, or another that is not used here */
    uint8_t width_bits;
    uint8_t offset_bits;
    uint8_t access_size; /* 0 not said; 1, 2, 3, 4: accesses of 8, 16, 32, 64 bits */
    uint64_t address;    /* 0: there is no such register */
};

/* ---- FADT (5.2.9), revisions 1 to 6 ---- */

enum acpi_fadt_flag {
    ACPI_FADT_TIMER_32_BITS = 1 << 8,
    ACPI_FADT_RESET_REGISTER = 1 << 10,
    ACPI_FADT_HARDWARE_REDUCED = 1 << 20
};

struct acpi_fadt {
    uint8_t revision;
    uint16_t sci_interrupt;
    uint16_t boot_flags;      /* IAPC_BOOT_ARCH; 0 in revision 1, where it means nothing */
    uint32_t flags;           /* enum acpi_fadt_flag, and others */
    struct acpi_gas pm_timer; /* 32 bits wide, counts at 3579545 Hz; address 0: none */
    struct acpi_gas reset;    /* one byte, to which reset_value is written; address 0: none */
    uint8_t reset_value;
    uint32_t bad_register_count; /* those of the two that are named and cannot be one */
};

/* False, after a warning, when the table is too short. A register that cannot be one is warned about and is none. */
bool acpi_read_fadt(struct acpi_fadt *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics);

/* ---- HPET, MCFG, BGRT ---- */

struct acpi_hpet {
    paddr_t base; /* 1 KiB of registers */
    uint8_t number;
    uint16_t min_tick;
    uint32_t block_id;
};

#define ACPI_MCFG_MAX 64

struct acpi_mcfg_range {
    paddr_t base; /* of bus 0, whether the range has it or not; 1 MiB for each bus */
    uint16_t segment;
    uint8_t first_bus;
    uint8_t last_bus;
};

struct acpi_mcfg {
    size_t count;
    size_t left_out_count; /* ranges that cannot be */
    struct acpi_mcfg_range ranges[ACPI_MCFG_MAX];
};

/* The firmware's picture, in memory that may be free by now. */
struct acpi_bgrt {
    paddr_t image; /* a BMP file */
    uint32_t x, y; /* of its upper left corner, in pixels */
    bool on_screen;
};

/* As acpi_read_fadt(). Ranges of the MCFG that cannot be are left out with a warning. */
bool acpi_read_hpet(struct acpi_hpet *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics);
bool acpi_read_mcfg(struct acpi_mcfg *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics);
bool acpi_read_bgrt(struct acpi_bgrt *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics);

/* Leaves out each range of the MCFG in which the HPET lies, with a warning: it is the HPET that is needed. */
void acpi_mcfg_spare_hpet(struct acpi_mcfg *mcfg, const struct acpi_hpet *hpet,
                          const struct diagnostics *diagnostics);

/* ---- SPCR, DBG2: the serial console; lib/serial_port.h makes a port of it ---- */

struct acpi_serial {
    uint16_t interface; /* the serial subtypes of DBG2 */
    struct acpi_gas base;
    uint32_t baud;     /* 0: as the firmware left it */
    uint32_t clock_hz; /* of the UART; 0: not said */
    bool is_pci;       /* the rest says which function it is */
    uint16_t vendor, device;
    uint8_t segment, bus, slot, function;
};

/* False without a warning when the table names no port (address 0 and no PCI function); else as acpi_read_fadt(). */
bool acpi_read_spcr(struct acpi_serial *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics);

/* The first serial port among its devices; false without a warning when there is none. */
bool acpi_read_dbg2(struct acpi_serial *out, const struct acpi_table *table,
                    const struct diagnostics *diagnostics);

/* ---- all of it ---- */

struct acpi {
    bool has_madt, has_fadt, has_hpet, has_mcfg, has_bgrt;
    const char
        *serial_from;    /* "SPCR", or "DBG2" where that table is missing; NULL: no port is named */
    size_t second_count; /* tables of a signature of which one was taken already */
    struct acpi_tables list;
    struct acpi_madt madt;
    struct acpi_fadt fadt;
    struct acpi_hpet hpet;
    struct acpi_mcfg mcfg;
    struct acpi_bgrt bgrt;
    struct acpi_serial serial;
};

/*
 * Everything from the root pointer on. Of two tables with one signature the first that can be used counts. False, after
 * a warning, when no list of tables can be read; *out is empty then. The pointers in out->list are as good as what
 * memory->map() gave. Any context.
 */
bool acpi_read(struct acpi *out, const struct rsdp *rsdp, const struct acpi_memory *memory,
               const struct diagnostics *diagnostics);

#endif
