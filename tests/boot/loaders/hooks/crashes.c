/* Records of a report in the firmware's variables, as a kernel would have left them, with one thing wrong each. */
#include "hooks.h"
#include "lib/compiler.h"
#include "lib/crash_record.h"
#include "lib/string.h"

#define PART_BYTES 164
#define PARTS      3
#define AT_VERSION 16
#define AT_TEXT    70

static const char text[] = "*** FAULT #XX made up, CPU 0, kernel mode, report 1\n"
                           "cause      nothing at all: this is a test\n"
                           "at         nowhere (nothing.c:1)\n"
                           "error      0000\n"
                           "stack      none\n"
                           "registers  a line that is not shown\n"
                           "*** END OF REPORT\n";

static const char build_id[] = "0123456789ab"; /* no kernel's */

static void set_part(unsigned slot, unsigned part, const void *bytes, UINTN size)
{
    const UINT32 attributes =
        EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS;
    CHAR16 name[CRASH_NAME_MAX];

    crash_variable_name(name, slot, part);
    system->RuntimeServices->SetVariable(name, (EFI_GUID *)(uintptr_t)&crash_guid, attributes, size,
                                         (void *)(uintptr_t)bytes);
}

static void write_record(unsigned slot, uint32_t sequence)
{
    struct crash_record record = {.facts = {.sequence = sequence, .uptime_ms = 61234},
                                  .text = {text, sizeof(text) - 1}};
    uint8_t bytes[PART_BYTES];

    memcpy(record.facts.build_id, build_id, sizeof(build_id));
    crash_record_divide(&record, sizeof(bytes));
    for (unsigned part = 0; part < record.part_count; part++)
        set_part(slot, part, bytes, crash_part_write(bytes, &record, part));
}

/* The part as it was written, changed and written again. */
static void change_part(unsigned part, unsigned offset, uint8_t value, UINTN size)
{
    uint8_t bytes[PART_BYTES];
    CHAR16 name[CRASH_NAME_MAX];
    UINTN length = sizeof(bytes);

    crash_variable_name(name, 0, part);
    system->RuntimeServices->GetVariable(name, (EFI_GUID *)(uintptr_t)&crash_guid, NULL, &length,
                                         bytes);
    bytes[offset] = value;
    set_part(0, part, bytes, size);
}

bool set_crash_hook(const char *name)
{
    if (strncmp(name, "crash-", 6) != 0)
        return false;
    name += 6;
    write_record(0, 1);
    if (strcmp(name, "altered") == 0) {
        change_part(1, AT_TEXT, '?', PART_BYTES);
    } else if (strcmp(name, "version") == 0) {
        change_part(0, AT_VERSION, 2, PART_BYTES);
    } else if (strcmp(name, "cut") == 0) {
        change_part(1, AT_TEXT, '?', PART_BYTES - 1);
    } else if (strcmp(name, "missing") == 0) {
        set_part(0, 1, NULL, 0);
    } else if (strcmp(name, "rubbish") == 0) {
        for (unsigned part = 0; part < PARTS; part++)
            set_part(0, part, "rubbish", 7);
    } else if (strcmp(name, "three") == 0) {
        write_record(1, 2);
        write_record(2, 3);
    } else {
        return strcmp(name, "record") == 0;
    }
    return true;
}
