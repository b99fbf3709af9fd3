/*
 * What the firmware hands to an application that it starts, and the checks 1 to 10, which judge it. Source: UEFI 2.10,
 * 2.3.4 (the processor's state), 4.2 (table headers), 4.6 (memory attributes table), 7.5 (watchdog timer), 12.9 (graphics
 * output); registers by SDM vol. 3A, 2.2.1 and 2.5.
 */
#include "lib/bits.h"
#include "lib/compiler.h"
#include "lib/firmware_audit.h"

#define CR0_WP   BIT(16)
#define CR0_NW   BIT(29)
#define CR0_CD   BIT(30)
#define CR4_LA57 BIT(12)

/* What firmware uses itself: DE, PAE, MCE, PGE, OSFXSR, OSXMMEXCPT, OSXSAVE; LA57 has a check of its own. */
#define CR4_USUAL  (BIT(3) | BIT(5) | BIT(6) | BIT(7) | BIT(9) | BIT(10) | BIT(18) | CR4_LA57)
#define EFER_USUAL (BIT(8) | BIT(10) | BIT(11)) /* LME, LMA, NXE */

#define STATUS_UNSUPPORTED 3 /* UEFI 2.10, appendix D */

static void add_tables(uint64_t *value, const struct firmware_handoff *handoff)
{
    value[FACT_RSDP_2_DAMAGED] = handoff->rsdp_2 == FIRMWARE_UNUSABLE;
    value[FACT_RSDP_1_ONLY] =
        handoff->rsdp_2 == FIRMWARE_ABSENT && handoff->rsdp_1 == FIRMWARE_USABLE;
    value[FACT_RSDP_NONE] =
        handoff->rsdp_2 == FIRMWARE_ABSENT && handoff->rsdp_1 != FIRMWARE_USABLE;
    value[FACT_SERVICE_TABLES_DAMAGED] = handoff->bad_checksums;
    value[FACT_ATTRIBUTES_NONE] = handoff->attributes == FIRMWARE_ABSENT;
    value[FACT_ATTRIBUTES_DAMAGED] = handoff->attributes == FIRMWARE_UNUSABLE;
    value[FACT_OPEN_RUNTIME_CODE] = handoff->open_runtime_code;
}

void firmware_add_handoff(struct firmware_facts *facts, const struct firmware_handoff *handoff)
{
    uint64_t *value = facts->value;

    add_tables(value, handoff);
    value[FACT_DISPLAY_REFUSED] = handoff->display_refused;
    value[FACT_DISPLAY_NONE] = handoff->display_count == 0;
    value[FACT_WATCHDOG_NONE] = handoff->watchdog_error == STATUS_UNSUPPORTED;
    value[FACT_WATCHDOG_ERROR] = handoff->watchdog_error;
    value[FACT_CACHES_OFF] = handoff->cr0 & (CR0_CD | CR0_NW);
    value[FACT_WRITE_PROTECTION_OFF] = !(handoff->cr0 & CR0_WP);
    value[FACT_CR4_LEFT] = handoff->cr4 & ~CR4_USUAL;
    value[FACT_EFER_LEFT] = handoff->efer & ~EFER_USUAL;
    value[FACT_LA57] = handoff->cr4 & CR4_LA57;
}

/* clang-format off */
static const struct firmware_outcome outcomes[] = {
    { 1, FIRMWARE_BAD,  SHOW_NOTHING, FACT_RSDP_2_DAMAGED,         "the root pointer of ACPI 2.0 is damaged"},
    { 1, FIRMWARE_NOTE, SHOW_NOTHING, FACT_RSDP_1_ONLY,            "there is a root pointer of ACPI 1.0 only"},
    { 1, FIRMWARE_BAD,  SHOW_NOTHING, FACT_RSDP_NONE,              "there is no ACPI root pointer that can be used"},
    { 1, FIRMWARE_OK,   SHOW_NOTHING, FACT_NONE,                   "there is a root pointer of ACPI 2.0"},
    { 2, FIRMWARE_BAD,  SHOW_COUNT,   FACT_DISPLAY_REFUSED,        "displays whose description contradicts itself"},
    { 2, FIRMWARE_NOTE, SHOW_NOTHING, FACT_DISPLAY_NONE,           "there is no graphics output"},
    { 2, FIRMWARE_OK,   SHOW_NOTHING, FACT_NONE,                   "graphics output does not contradict itself"},
    { 3, FIRMWARE_NOTE, SHOW_NOTHING, FACT_WATCHDOG_NONE,          "there is no watchdog timer to switch off"},
    { 3, FIRMWARE_BAD,  SHOW_COUNT,   FACT_WATCHDOG_ERROR,         "the watchdog timer cannot be switched off, EFI error"},
    { 3, FIRMWARE_OK,   SHOW_NOTHING, FACT_NONE,                   "the watchdog timer is off"},
    { 4, FIRMWARE_BAD,  SHOW_COUNT,   FACT_SERVICE_TABLES_DAMAGED, "system or runtime services tables with a wrong checksum"},
    { 5, FIRMWARE_NOTE, SHOW_NOTHING, FACT_ATTRIBUTES_NONE,        "there is no memory attributes table"},
    { 5, FIRMWARE_BAD,  SHOW_NOTHING, FACT_ATTRIBUTES_DAMAGED,     "the memory attributes table cannot be one"},
    { 5, FIRMWARE_BAD,  SHOW_COUNT,   FACT_OPEN_RUNTIME_CODE,      "ranges of runtime services both writable and executable"},
    { 6, FIRMWARE_BAD,  SHOW_HEX,     FACT_CACHES_OFF,             "caches were off, by CR0 bits"},
    { 6, FIRMWARE_OK,   SHOW_NOTHING, FACT_NONE,                   "caches were on"},
    { 7, FIRMWARE_NOTE, SHOW_NOTHING, FACT_WRITE_PROTECTION_OFF,   "write protection was off (CR0.WP)"},
    { 7, FIRMWARE_OK,   SHOW_NOTHING, FACT_NONE,                   "write protection was on (CR0.WP)"},
    { 8, FIRMWARE_NOTE, SHOW_HEX,     FACT_CR4_LEFT,               "unusual bits were set in CR4"},
    { 8, FIRMWARE_OK,   SHOW_NOTHING, FACT_NONE,                   "nothing unusual was set in CR4"},
    { 9, FIRMWARE_NOTE, SHOW_HEX,     FACT_EFER_LEFT,              "unusual bits were set in EFER"},
    { 9, FIRMWARE_OK,   SHOW_NOTHING, FACT_NONE,                   "nothing unusual was set in EFER"},
    {10, FIRMWARE_NOTE, SHOW_NOTHING, FACT_LA57,                   "paging of 5 levels was handed over (CR4.LA57)"},
    {10, FIRMWARE_OK,   SHOW_NOTHING, FACT_NONE,                   "paging of 4 levels was handed over"},
};
/* clang-format on */

const struct firmware_checks firmware_loader_checks = {outcomes, ARRAY_COUNT(outcomes)};
