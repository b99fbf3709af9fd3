/*
 * Reports of earlier boots: the kernel that faulted left them in the firmware's variables (lib/crash_record.h). Each is
 * shown, written to a file of the boot volume, and deleted from the variables only then: until the file was read back the
 * record is the one copy that there is.
 */
#include "loader.h"

#include "lib/build_id.h"
#include "lib/format.h"

#define LINES_SHOWN 5
#define ATTRIBUTES                                                                                 \
    (EFI_VARIABLE_NON_VOLATILE | EFI_VARIABLE_BOOTSERVICE_ACCESS | EFI_VARIABLE_RUNTIME_ACCESS)

struct found {
    struct crash_reader reader;
    uint8_t part[CRASH_PART_BYTES_MAX];
    char text[CRASH_READER_ROOM];
};

/* `size` is that of the buffer, and then that of the variable; with size 0 the answer is whether there is one. */
static EFI_STATUS get_part(struct loader *loader, unsigned slot, unsigned part, void *buffer,
                           UINTN *size)
{
    CHAR16 name[CRASH_NAME_MAX];

    crash_variable_name(name, slot, part);
    return loader->system->RuntimeServices->GetVariable(name, (EFI_GUID *)(uintptr_t)&crash_guid,
                                                        NULL, size, buffer);
}

static bool has_part(struct loader *loader, unsigned slot, unsigned part)
{
    UINTN size = 0;

    return get_part(loader, slot, part, NULL, &size) == EFI_BUFFER_TOO_SMALL;
}

/* One that is too large for the buffer was never written by Faultline, and is read as empty. */
static void read_record(struct loader *loader, unsigned slot, struct found *found)
{
    struct crash_reader *reader = &found->reader;

    crash_reader_begin(reader, found->text, sizeof(found->text));
    for (unsigned part = 0; part < (reader->is_known ? reader->part_count : CRASH_PARTS_MAX);
         part++) {
        UINTN size = sizeof(found->part);
        EFI_STATUS status = get_part(loader, slot, part, found->part, &size);

        if (status == EFI_NOT_FOUND && !reader->is_known)
            break;
        crash_reader_add(reader, part, status == EFI_NOT_FOUND ? NULL : found->part,
                         EFI_ERROR(status) ? 0 : size);
    }
    crash_reader_end(reader);
}

/* The first segment that can be neither written nor executed begins with the note (kernel.lds). */
static void own_build_id(const struct loader *loader, char text[BUILD_ID_DIGITS + 1])
{
    const struct elf_image *kernel = &loader->kernel;

    build_id_text(text, "", 0);
    for (size_t i = 0; i < kernel->segment_count; i++) {
        const struct elf_segment *segment = &kernel->segments[i];
        paddr_t at = loader->info->kernel_start + (segment->start - kernel->start);

        if (segment->writable || segment->executable)
            continue;
        build_id_text(text, (const void *)(uintptr_t)at, segment->memory_bytes);
        return;
    }
}

static void show_facts(struct loader *loader, const struct crash_reader *reader)
{
    char facts[120], own[BUILD_ID_DIGITS + 1];

    if (reader->problem)
        loader_report(loader, LOG_WARN, "part %u of an earlier boot's report is lost: %s",
                      reader->problem_part + 1, reader->problem);
    if (!reader->is_known)
        return;
    crash_facts_text(facts, sizeof(facts), &reader->facts);
    own_build_id(loader, own);
    loader_report(loader, LOG_INFO, "an earlier boot ended with a report: %s", facts);
    if (!slice_is((struct slice){own, BUILD_ID_DIGITS}, reader->facts.build_id))
        loader_report(loader, LOG_INFO, "that is another build than this one, which is %s", own);
}

static void show_lines(struct loader *loader, const struct crash_reader *reader)
{
    struct slice rest = {reader->text, reader->length}, line;
    bool more = rest.length > 0;

    for (unsigned shown = 0; more && shown < LINES_SHOWN;) {
        more = slice_split(&line, &rest, '\n');
        if (line.length == 0)
            continue;
        loader_report(loader, LOG_INFO, "  %.*s", (int)line.length, line.text);
        shown++;
    }
}

/* The first part goes last: as long as it is there, the record is found. */
static EFI_STATUS delete_record(struct loader *loader, unsigned slot, unsigned part_count)
{
    CHAR16 name[CRASH_NAME_MAX];
    EFI_STATUS status = EFI_SUCCESS;

    while (part_count < CRASH_PARTS_MAX && has_part(loader, slot, part_count))
        part_count++; /* of a longer record that this one replaced */
    while (part_count-- > 0 && !EFI_ERROR(status)) {
        crash_variable_name(name, slot, part_count);
        status = loader->system->RuntimeServices->SetVariable(
            name, (EFI_GUID *)(uintptr_t)&crash_guid, ATTRIBUTES, 0, NULL);
        if (status == EFI_NOT_FOUND && part_count > 0)
            status = EFI_SUCCESS; /* a part that was lost */
    }
    return status;
}

/* Returns whether the record is gone. */
static bool keep_record(struct loader *loader, unsigned slot, const struct crash_reader *reader)
{
    char name[48];
    struct slice text = {reader->text, reader->length};
    const char *problem = loader_keep_crash(loader, text, name, sizeof(name));
    EFI_STATUS status;

    if (problem) {
        loader_report(loader, LOG_WARN, "it stays in the firmware's variables: %s: %s", name,
                      problem);
        return false;
    }
    status = delete_record(loader, slot, reader->is_known ? reader->part_count : 1);
    if (EFI_ERROR(status))
        loader_report(loader, LOG_WARN, "kept as %s, but the record cannot be deleted: %s", name,
                      efi_status_text(status));
    else
        loader_report(loader, LOG_INFO, "kept as %s, %u bytes", name, (unsigned)text.length);
    return !EFI_ERROR(status);
}

static struct crash_slot look_at_slot(struct loader *loader, unsigned slot)
{
    struct crash_slot state = {.is_used = has_part(loader, slot, 0)};
    struct found *found;

    if (!state.is_used)
        return state;
    loader_begin_step(loader, "crash");
    if (EFI_ERROR(loader->boot->AllocatePool(EfiLoaderData, sizeof(*found), (void **)&found))) {
        loader_report(loader, LOG_WARN, "no memory to read an earlier boot's report");
        return state;
    }
    read_record(loader, slot, found);
    show_facts(loader, &found->reader);
    show_lines(loader, &found->reader);
    state.sequence = found->reader.facts.sequence;
    state.is_used = !keep_record(loader, slot, &found->reader);
    loader->boot->FreePool(found);
    return state;
}

static void read_time(struct loader *loader)
{
    EFI_TIME now;

    if (EFI_ERROR(loader->system->RuntimeServices->GetTime(&now, NULL)))
        return;
    loader->info->boot_time = (struct crash_time){.year = now.Year,
                                                  .month = now.Month,
                                                  .day = now.Day,
                                                  .hour = now.Hour,
                                                  .minute = now.Minute,
                                                  .second = now.Second};
}

EFI_STATUS loader_look_for_crashes(struct loader *loader)
{
    struct crash_slot slots[CRASH_SLOTS];
    uint32_t sequence;

    for (unsigned slot = 0; slot < CRASH_SLOTS; slot++)
        slots[slot] = look_at_slot(loader, slot);
    loader->info->crash_slot = crash_choose_slot(slots, &sequence);
    loader->info->crash_sequence = sequence;
    read_time(loader);
    return EFI_SUCCESS;
}
