/*
 * boot_info.h: the only contract between the loader (efi/) and the kernel.
 *
 * The loader fills one struct boot_info in memory of type EfiLoaderData and jumps to the kernel's
 * entry with its address in RDI, interrupts off, on page tables that map, besides the kernel's
 * segments at their linked addresses, only what is marked "mapped" below, each at its physical
 * address. All of it, the loader's page tables too, lies in memory of type EfiLoaderData: the
 * kernel copies what it wants to keep, never writes to it, and may reuse it once it runs on its own
 * tables. Both sides check magic, version and size, and boot_info_check() everything else.
 */
#ifndef BOOT_BOOT_INFO_H
#define BOOT_BOOT_INFO_H

#include <stddef.h>
#include <stdint.h>

#include "lib/crash_record.h"
#include "lib/firmware_facts.h"
#include "lib/framebuffer.h"
#include "lib/options.h"
#include "lib/rsdp.h"
#include "lib/types.h"

#define BOOT_INFO_MAGIC   UINT64_C(0x4f464e49544c4146) /* "FALTINFO" in memory order */
#define BOOT_INFO_VERSION 4

#define BOOT_MESSAGES_MAX     4096
#define BOOT_PROGRAMS_MAX     128
#define BOOT_PROGRAM_NAME_MAX 47

/* What the loader had finished when it read the TSC; in the order in which it happens. */
enum boot_step {
    BOOT_STEP_START, /* first instruction of efi_main */
    BOOT_STEP_OPTIONS,
    BOOT_STEP_SCREEN,
    BOOT_STEP_ACPI,
    BOOT_STEP_KERNEL,   /* segments copied */
    BOOT_STEP_CRASH,    /* reports of earlier boots looked for, and kept */
    BOOT_STEP_PROGRAMS, /* program files read */
    BOOT_STEP_TABLES,   /* page tables for the jump built */
    BOOT_STEP_EXIT,     /* ExitBootServices succeeded */
    BOOT_STEP_COUNT
};

enum boot_options_source {
    BOOT_OPTIONS_BUILT_IN,
    BOOT_OPTIONS_LOAD_OPTIONS,
    BOOT_OPTIONS_FILE,
    BOOT_OPTIONS_MENU
};

struct boot_memory_map {
    paddr_t address; /* mapped; a multiple of 8 */
    uint64_t size_bytes;
    uint64_t stride_bytes;
    uint32_t version;
    uint32_t exit_tries; /* calls of ExitBootServices until it agreed, 1 or more */
};

/* A program's file, as it was read; nobody has looked into it. */
struct boot_program {
    char name[BOOT_PROGRAM_NAME_MAX + 1]; /* printable, without blanks, colons and commas */
    paddr_t address;                      /* page-aligned; the rest of the last page is zero */
    uint32_t size_bytes;                  /* may be 0 */
    uint32_t built_in;                    /* 1: from the loader's own file, not from the volume */
};

struct boot_info {
    uint64_t magic;
    uint32_t version;
    uint32_t size_bytes; /* of this structure */
    struct boot_memory_map memory_map;
    struct framebuffer framebuffer; /* mapped; base 0 when there is none */
    paddr_t kernel_start; /* physical range of the kernel's image, page-aligned, contiguous */
    paddr_t kernel_end;
    paddr_t programs_start; /* physical range of the programs' files, page-aligned; both 0: none */
    paddr_t programs_end;
    paddr_t low_page;     /* a page below 1 MiB for starting CPUs, 0 when there was none */
    paddr_t checkpoint;   /* a page below 1 MiB, for lib/checkpoint.h; 0 when there was none */
    paddr_t loader_image; /* where firmware put BOOTX64.EFI: for the debugger */
    paddr_t system_table; /* EFI_SYSTEM_TABLE, for the runtime services */
    paddr_t rsdp;         /* where the firmware has it; 0: none found */
    uint8_t rsdp_bytes[RSDP_V2_BYTES]; /* its contents: it may lie where the kernel maps nothing */
    uint32_t options_source;           /* enum boot_options_source */
    uint32_t options_bytes;
    uint32_t message_bytes;
    uint32_t program_count;
    uint32_t crash_slot;       /* where a report goes, and its number (lib/crash_record.h) */
    paddr_t memory_attributes; /* the firmware's memory attributes table, as it left it; 0: none */
    struct crash_time boot_time;
    uint64_t crash_sequence;
    uint64_t tsc[BOOT_STEP_COUNT];
    struct firmware_handoff firmware;
    char options[OPTIONS_TEXT_MAX];   /* options_bytes of text, as found */
    char messages[BOOT_MESSAGES_MAX]; /* lines for the kernel's log, each: digit of enum log_level,
                                         text, LF */
    struct boot_program programs[BOOT_PROGRAMS_MAX]; /* program_count of them */
};

_Static_assert(offsetof(struct boot_info, memory_map) == 16, "contract with the loader");
_Static_assert(sizeof(struct boot_memory_map) == 32, "contract with the loader");
_Static_assert(sizeof(struct framebuffer) == 40, "contract with the loader");
_Static_assert(offsetof(struct boot_info, rsdp_bytes) == 160, "contract with the loader");
_Static_assert(offsetof(struct boot_info, tsc) == 240, "contract with the loader");
_Static_assert(offsetof(struct boot_info, options) == 368, "contract with the loader");
_Static_assert(sizeof(struct boot_program) == 64, "contract with the loader");
_Static_assert(sizeof(struct boot_info) == 368 + OPTIONS_TEXT_MAX + BOOT_MESSAGES_MAX +
                                               BOOT_PROGRAMS_MAX * sizeof(struct boot_program),
               "contract with the loader");

/*
 * NULL when the structure can be used; else a plain constant sentence that names what contradicts
 * what. The framebuffer and the RSDP have checks of their own. Any context.
 */
const char *boot_info_check(const struct boot_info *info);

#endif
