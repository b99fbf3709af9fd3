/* Between the rooms of the test loader `hooks`: what its part for ACPI shares. */
#ifndef TESTS_HOOKS_H
#define TESTS_HOOKS_H

#include <efi.h>
#include <stdbool.h>
#include <stdint.h>

extern EFI_SYSTEM_TABLE *system;
extern EFI_BOOT_SERVICES *boot;
extern EFI_LOADED_IMAGE *child; /* the BOOTX64.EFI under test, loaded but not started */

void hang_for_ever(void);

/* What a name means to each room; false: nothing. */
bool set_root_pointer_hook(const char *name);
bool set_acpi_hook(const char *name);
bool set_controller_hook(const char *name);
bool set_clock_hook(const char *name);
bool set_paging_hook(const char *name);
bool set_rights_hook(const char *name);
bool set_variable_hook(const char *name);
bool set_crash_hook(const char *name);
bool set_firmware_hook(const char *name);

/* Offsets of ACPI 6.5, 5.2.5.3, 5.2.6 and 5.2.12. */
enum {
    ROOT_CHECKSUM = 8,
    ROOT_REVISION = 15,
    ROOT_RSDT = 16,
    ROOT_XSDT = 24,
    ROOT_CHECKSUM_ALL = 32,
    ROOT_BYTES = 36,
    TABLE_LENGTH = 4,
    TABLE_CHECKSUM = 9,
    TABLE_BYTES = 36,
    HPET_BASE = 44,
    MADT_LOCAL_APIC = 36,
    MADT_FLAGS = 40,
    MADT_ENTRY = 44,
    MADT_ENTRY_LENGTH = 45,
    MADT_ENTRY_FLAGS = 48
};

#define HOLE 0xd0000000 /* between the end of RAM and the first device */

/* The firmware's entries for ACPI tables, those of version 1.0 too. */
void for_each_root_pointer(void (*change)(EFI_CONFIGURATION_TABLE *table));

/* From here on the root pointer is a copy, which may be changed. */
extern uint8_t root[ROOT_BYTES];
void take_root(EFI_CONFIGURATION_TABLE *table);
void set_root(uint64_t rsdt, uint64_t xsdt);

uint8_t *xsdt(void);
uint64_t make_rsdt(void); /* of the tables in the XSDT */

uint64_t read_address(const uint8_t *at, unsigned size);
uint32_t table_length(const uint8_t *table);
void correct(uint8_t *bytes, unsigned checksum, unsigned size);

/* The table of this name; without one the loader hangs. */
uint8_t *find_table(const char *signature);

/* Writes into every table of this name; its checksum is right afterwards but for `checksum_error`. */
void change_table(const char *signature, unsigned offset, uint64_t value, unsigned size,
                  uint8_t checksum_error);

#endif
