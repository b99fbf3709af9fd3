/*
 * The loader: from firmware to the kernel's first instruction.
 *
 * Invariants: everything is allocated before ExitBootServices is first called; from that call on
 * nothing but GetMemoryMap and ExitBootServices is called (a failed call is half a shutdown,
 * UEFI 2.10, 7.4.6); a loader that gives up before it gives every page back. One CPU, firmware's
 * environment, interrupts on until the jump.
 */
#ifndef EFI_LOADER_H
#define EFI_LOADER_H

#include <efi.h>

#include "boot/boot_info.h"
#include "lib/checkpoint.h"
#include "lib/compiler.h"
#include "lib/efi_status.h"
#include "lib/elf_image.h"
#include "lib/page_table.h"
#include "lib/slice.h"

#define LOADER_ALLOCATIONS_MAX 12

struct loader {
    EFI_HANDLE image;
    EFI_SYSTEM_TABLE *system;
    EFI_BOOT_SERVICES *boot;
    struct boot_info *info;
    struct elf_image kernel;
    paddr_t root;       /* page tables for the jump */
    UINTN map_capacity; /* bytes at info->memory_map.address */
    char problem[160]; /* why the step that failed did so, when the EFI status alone does not say */
    struct {
        paddr_t address;
        UINTN page_count;
    } allocations[LOADER_ALLOCATIONS_MAX];
    unsigned allocation_count;
};

/* --- console.c: the firmware's console, and what the kernel's log will repeat --- */

/* Writes to the firmware's console; LF becomes CR LF, anything outside ASCII `?`. Before
 * ExitBootServices only. */
void console_write(struct loader *loader, const char *template, ...) PRINTF_LIKE(2, 3);

/* Ends the line of the step at hand on the console, and keeps it for the kernel's log as "loader:
 * STEP: TEXT". */
void loader_report(struct loader *loader, enum log_level level, const char *template, ...)
    PRINTF_LIKE(3, 4);

/* Names the step that the next reports belong to and begins its line on the console. */
void loader_begin_step(struct loader *loader, const char *name);

/* Says on console and serial which step failed and why, waits for a key or 10 s. Before
 * ExitBootServices only. */
void loader_explain_failure(struct loader *loader, const char *step, EFI_STATUS status);

/* --- memory.c --- */

/* Zeroed pages of type EfiLoaderData below `below` (0: anywhere), given back by loader_free_all; 0
 * when there are none. */
paddr_t loader_alloc_pages(struct loader *loader, UINTN page_count, paddr_t below);
void loader_free_all(struct loader *loader);

/* The page at that address as firmware left it, given back likewise; false when it is not free. */
bool loader_take_page(struct loader *loader, paddr_t address);

/* --- file.c --- */

/* Opens a file or folder, for reading, of the volume that this image was started from; EFI_NOT_FOUND also when
 * there is no such volume. Whoever calls closes it. Before ExitBootServices only. */
EFI_STATUS loader_open_file(struct loader *loader, const CHAR16 *path, EFI_FILE_HANDLE *file);

/* --- menu.c --- */

/* Shows the menu where it is wanted, until the user goes on; reports of earlier boots are in their files by then. EFI_ABORTED: back to the firmware. */
EFI_STATUS loader_offer_menu(struct loader *loader);

/* --- checkpoint.c --- */

/* Finds a page for lib/checkpoint.h, and tells how far the last boot got if it ended without a report. */
void loader_find_checkpoint(struct loader *loader);

/* Leaves that word there. Also after ExitBootServices. */
void loader_reach(struct loader *loader, enum checkpoint reached);

/* The same for writing; what is not there is made, as a folder when attributes say EFI_FILE_DIRECTORY. */
EFI_STATUS loader_create_file(struct loader *loader, const CHAR16 *path, UINT64 attributes,
                              EFI_FILE_HANDLE *file);

/* --- acpi.c --- */

/* The entry of that name in the firmware's configuration table, NULL when there is none (UEFI 2.10, 4.6). Any context. */
const void *loader_find_table(const EFI_SYSTEM_TABLE *system, const EFI_GUID *guid);

/* The firmware's memory attributes table (UEFI 2.10, 4.6.4); leave.c has it. */
extern const EFI_GUID memory_attributes_guid;

/* --- firmware.c: what the audit of the firmware is to know, and what the loader can say of it --- */

/* Switches the firmware's watchdog off, and notes that and the state that the firmware left. First of all. */
void loader_look_at_firmware(struct loader *loader);

/* With audit=file: writes the findings of the checks that need no kernel to \faultline\audit.txt, whatever was in it. */
void loader_write_audit(struct loader *loader);

/* --- crash_file.c --- */

/* The folder \faultline, made where it is missing. Before ExitBootServices only, as what follows. */
EFI_STATUS loader_make_folder(struct loader *loader);

/* A file of that text, and none where it cannot be written whole. What the file had before keeps its place and is written
 * over, so a file that is there is to be deleted first. */
EFI_STATUS loader_write_file(struct loader *loader, const CHAR16 *path, struct slice text);
void loader_delete_file(struct loader *loader, const CHAR16 *path);

/*
 * Writes the text to a file of a name that is not taken, \faultline\crash-NNNN.txt, and reads it back. NULL when all of it
 * is there, and its name in `name`; else what went wrong, and no new file is left behind. Before ExitBootServices only.
 */
const char *loader_keep_crash(struct loader *loader, struct slice text, char *name, size_t size);

/* Opens the file of the highest number, whose name comes out in `name`. False when there is none. */
bool loader_open_last_crash(struct loader *loader, char *name, size_t size, EFI_FILE_HANDLE *file);

/* --- the steps, in the order of main.c; each returns EFI_SUCCESS or what stops the boot, having
 * said why --- */
EFI_STATUS loader_find_options(struct loader *loader);     /* options.c */
EFI_STATUS loader_find_screen(struct loader *loader);      /* screen.c */
EFI_STATUS loader_find_acpi(struct loader *loader);        /* acpi.c */
EFI_STATUS loader_load_kernel(struct loader *loader);      /* kernel.c */
EFI_STATUS loader_look_for_crashes(struct loader *loader); /* crash.c */
EFI_STATUS loader_load_programs(struct loader *loader);    /* programs.c */
EFI_STATUS
loader_prepare_jump(struct loader *loader); /* jump.c: low page, memory for the map, page tables */
EFI_STATUS loader_leave_firmware(
    struct loader *loader); /* leave.c: returns only when nothing was shut down yet */

/* The kernel as it lies in this file (embed.S): compressed, and described by a header that
 * scripts/embed-kernel writes. */
struct embedded_kernel {
    uint64_t magic;
    uint64_t checksum; /* checksum64 of all that follows, block_bytes of the block */
    uint64_t block_bytes;
    uint64_t size_bytes; /* of the ELF file that the block decodes to */
    uint8_t block[];     /* lib/lz4.h */
};
extern const struct embedded_kernel embedded_kernel;
extern const uint8_t embedded_kernel_end[];

/* The program of the same file (embed.S). */
extern const uint8_t embedded_demo[], embedded_demo_end[];

/* --- late.c: after the first ExitBootServices, when nobody else can speak --- */

/* Shows the text on serial and on the framebuffer and halts for good. Interrupts are off. */
NORETURN void late_halt(const struct boot_info *info, const char *text);

/* Plain text to the first serial port, if there is one; each wait is bounded. Any context in the
 * loader. */
void serial_write(const char *text);

/* --- jump.S --- */

/* Loads the tables, and jumps to `entry` with the handoff in RDI. In one page of its own: tables
 * must map it at its physical address. */
NORETURN void jump_to_kernel(paddr_t root, vaddr_t entry, const struct boot_info *info);
extern const uint8_t jump_page[];

/* Sets EFER.NXE, so that the tables may forbid execution. False when the CPU has no NX. */
bool enable_no_execute(void);

#endif
