/*
 * Programs: every file of \programs\ on the boot volume, and the one that is built in, read as they are
 * into one stretch of memory. What is in them the kernel judges. Nothing here stops the boot: a file
 * that cannot be had is named, and left out.
 *
 * The folder is listed first, so that one allocation suffices; sizes and number are bounded.
 */
#include "loader.h"

#include "lib/align.h"
#include "lib/slice.h"
#include "lib/string.h"

#define FOLDER              L"\\programs"
#define PROGRAM_BYTES_MAX   (16 * MIB)
#define PROGRAMS_BYTES_MAX  (64 * MIB)
#define FOLDER_ENTRIES_MAX  4096
#define WARNINGS_SHOWN      8
#define BUILT_IN_NAME       "demo"
#define DIRECTORY_NAME_SKIP '.' /* the folder itself, the one above, and what some systems hide */

/* One entry of a folder: EFI_FILE_INFO with a name of at most 255 characters (FAT). */
union folder_entry {
    EFI_FILE_INFO info;
    uint8_t bytes[1024];
};

static unsigned warnings;

static void warn_file(struct loader *loader, const char *name, const char *problem)
{
    if (warnings++ < WARNINGS_SHOWN)
        loader_report(loader, LOG_WARN, "\\programs\\%s is not loaded: %s", name, problem);
}

/* False, with `name` as far as it can be shown, when the kernel could not name the file. */
static bool take_name(char name[BOOT_PROGRAM_NAME_MAX + 1], const CHAR16 *file_name)
{
    size_t length = 0;
    bool good = true;

    for (; file_name[length] != 0 && length < BOOT_PROGRAM_NAME_MAX; length++) {
        CHAR16 c = file_name[length];

        name[length] = c > ' ' && c <= '~' ? (char)c : '?';
        good = good && c == (CHAR16)name[length] && c != ':' && c != ',';
    }
    name[length] = '\0';
    return good && file_name[length] == 0;
}

/* Where the next file goes: behind all that are in the list. */
static uint64_t listed_bytes(const struct boot_info *info)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < info->program_count; i++)
        bytes += align_up(info->programs[i].size_bytes, PAGE_SIZE);
    return bytes;
}

static const char *why_not(const struct boot_info *info, const EFI_FILE_INFO *file)
{
    if (file->Attribute & EFI_FILE_DIRECTORY)
        return "it is a folder";
    if (file->FileSize > PROGRAM_BYTES_MAX)
        return "it is larger than 16 MiB";
    if (listed_bytes(info) + file->FileSize > PROGRAMS_BYTES_MAX)
        return "all files together are larger than 64 MiB";
    if (info->program_count == BOOT_PROGRAMS_MAX - 1) /* one is built in */
        return "there are more than 127 files";
    return NULL;
}

static void list_file(struct loader *loader, const EFI_FILE_INFO *file)
{
    struct boot_info *info = loader->info;
    struct boot_program program = {.built_in = 0};
    bool named = take_name(program.name, file->FileName);
    const char *problem = why_not(info, file);

    if (program.name[0] == DIRECTORY_NAME_SKIP)
        return;
    if (!named && !problem)
        problem = "its name has more than 47 characters, or others than printable ASCII without "
                  "blank, colon and comma";
    if (problem) {
        warn_file(loader, program.name, problem);
        return;
    }
    program.size_bytes = (uint32_t)file->FileSize;
    info->programs[info->program_count++] = program;
}

static EFI_STATUS list_folder(struct loader *loader, EFI_FILE_HANDLE folder)
{
    static EFI_GUID file_info_guid = EFI_FILE_INFO_ID;
    union folder_entry entry;
    UINTN bytes = sizeof(entry);
    EFI_STATUS status = folder->GetInfo(folder, &file_info_guid, &bytes, &entry);

    if (!EFI_ERROR(status) && !(entry.info.Attribute & EFI_FILE_DIRECTORY)) {
        loader_report(loader, LOG_WARN, "\\programs is a file and no folder");
        return EFI_SUCCESS; /* reading it would give its bytes, and no entries */
    }
    for (unsigned i = 0; !EFI_ERROR(status) && i < FOLDER_ENTRIES_MAX; i++) {
        bytes = sizeof(entry);
        status = folder->Read(folder, &bytes, &entry);
        if (EFI_ERROR(status) || bytes == 0)
            break;
        list_file(loader, &entry.info);
    }
    return status;
}

static void list_volume(struct loader *loader)
{
    EFI_FILE_HANDLE folder;
    EFI_STATUS status = loader_open_file(loader, FOLDER, &folder);

    if (status == EFI_NOT_FOUND)
        return; /* the single file has a program of its own */
    if (!EFI_ERROR(status)) {
        status = list_folder(loader, folder);
        folder->Close(folder);
    }
    if (EFI_ERROR(status))
        loader_report(loader, LOG_WARN, "\\programs cannot be read: %s", efi_status_text(status));
}

/* The volume's own file of that name goes first. */
static void list_built_in(struct boot_info *info)
{
    const struct slice name = {BUILT_IN_NAME, sizeof(BUILT_IN_NAME) - 1};
    struct boot_program *program = &info->programs[info->program_count];

    for (uint32_t i = 0; i < info->program_count; i++)
        if (slice_is_name(name, info->programs[i].name))
            return;
    string_copy(program->name, sizeof(program->name), name.text, name.length);
    program->size_bytes = (uint32_t)(embedded_demo_end - embedded_demo);
    program->built_in = 1;
    info->program_count++;
}

static const char *read_all(EFI_FILE_HANDLE file, const struct boot_program *program)
{
    for (uint32_t done = 0; done < program->size_bytes;) {
        UINTN bytes = program->size_bytes - done;
        EFI_STATUS status = file->Read(file, &bytes, (uint8_t *)(uintptr_t)program->address + done);

        if (EFI_ERROR(status))
            return efi_status_text(status);
        if (bytes == 0)
            return "it is shorter than its folder says";
        done += (uint32_t)bytes;
    }
    return NULL;
}

static const char *read_program(struct loader *loader, const struct boot_program *program)
{
    CHAR16 path[ARRAY_COUNT(FOLDER) + 1 + BOOT_PROGRAM_NAME_MAX + 1] = FOLDER L"\\";
    const char *problem;
    EFI_FILE_HANDLE file;
    EFI_STATUS status;

    if (program->built_in) {
        memcpy((void *)(uintptr_t)program->address, embedded_demo, program->size_bytes);
        return NULL;
    }
    for (size_t i = 0; program->name[i] != '\0'; i++)
        path[ARRAY_COUNT(FOLDER) + i] = (CHAR16)program->name[i];
    status = loader_open_file(loader, path, &file);
    if (EFI_ERROR(status))
        return efi_status_text(status);
    problem = read_all(file, program);
    file->Close(file);
    return problem;
}

/* What cannot be read goes out of the list; its place in memory stays unused. */
static void read_programs(struct loader *loader, paddr_t at)
{
    struct boot_info *info = loader->info;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < info->program_count; i++) {
        struct boot_program program = info->programs[i];
        const char *problem;

        program.address = at;
        at += align_up(program.size_bytes, PAGE_SIZE);
        problem = read_program(loader, &program);
        if (problem)
            warn_file(loader, program.name, problem);
        else
            info->programs[kept++] = program;
    }
    info->program_count = kept;
}

EFI_STATUS loader_load_programs(struct loader *loader)
{
    struct boot_info *info = loader->info;
    uint64_t bytes;
    paddr_t at;

    list_volume(loader);
    list_built_in(info);
    bytes = listed_bytes(info);
    at = loader_alloc_pages(loader, bytes / PAGE_SIZE, 0);
    if (at == 0) {
        info->program_count = 0;
        loader_report(loader, LOG_WARN, "no room for %lu KiB of programs: none is loaded",
                      (unsigned long)(bytes / KIB));
        return EFI_SUCCESS;
    }
    info->programs_start = at;
    info->programs_end = at + bytes;
    read_programs(loader, at);
    if (warnings > WARNINGS_SHOWN)
        loader_report(loader, LOG_WARN, "%u more files are not loaded", warnings - WARNINGS_SHOWN);
    loader_report(loader, LOG_DEBUG, "%u, %lu KiB at %lx", info->program_count,
                  (unsigned long)(bytes / KIB), (unsigned long)at);
    return EFI_SUCCESS;
}
