/*
 * The file of a report on the boot volume, \faultline\crash-NNNN.txt: a new one for each, CRASH_FILES_MAX at most, so that
 * a machine that crashes again and again leaves room on the volume, and what is there is never lost.
 */
#include "loader.h"

#include "lib/format.h"
#include "lib/string.h"

#define CRASH_FILES_MAX 100
#define NAME_MAX        32

static void widen(CHAR16 to[NAME_MAX], const char *text)
{
    size_t length = strnlen(text, NAME_MAX - 1);

    for (size_t i = 0; i < length; i++)
        to[i] = (CHAR16)(uint8_t)text[i];
    to[length] = 0;
}

EFI_STATUS loader_make_folder(struct loader *loader)
{
    EFI_FILE_HANDLE folder;
    EFI_STATUS status = loader_open_file(loader, L"\\faultline", &folder);

    if (status == EFI_NOT_FOUND)
        status = loader_create_file(loader, L"\\faultline", EFI_FILE_DIRECTORY, &folder);
    if (!EFI_ERROR(status))
        folder->Close(folder);
    return status;
}

/* EFI_NOT_FOUND: nothing has that name yet. */
static EFI_STATUS look_for_file(struct loader *loader, const CHAR16 *path)
{
    EFI_FILE_HANDLE file;
    EFI_STATUS status = loader_open_file(loader, path, &file);

    if (!EFI_ERROR(status))
        file->Close(file);
    return status;
}

EFI_STATUS loader_write_file(struct loader *loader, const CHAR16 *path, struct slice text)
{
    UINTN bytes = text.length;
    EFI_FILE_HANDLE file;
    EFI_STATUS status = loader_create_file(loader, path, 0, &file);

    if (EFI_ERROR(status))
        return status;
    status = file->Write(file, &bytes, (void *)(uintptr_t)text.text);
    if (!EFI_ERROR(status) && bytes != text.length)
        status = EFI_VOLUME_FULL;
    if (!EFI_ERROR(status))
        status = file->Flush(file);
    if (EFI_ERROR(status))
        file->Delete(file); /* closes it too */
    else
        file->Close(file);
    return status;
}

/* Up to the end, and not a byte more. */
static bool is_equal(EFI_FILE_HANDLE file, struct slice text)
{
    uint8_t read[512];

    for (;;) {
        UINTN bytes = sizeof(read);

        if (EFI_ERROR(file->Read(file, &bytes, read)) || bytes > text.length ||
            memcmp(read, text.text, bytes) != 0)
            return false;
        if (bytes == 0)
            return text.length == 0;
        text = (struct slice){text.text + bytes, text.length - bytes};
    }
}

static bool reads_back(struct loader *loader, const CHAR16 *path, struct slice text)
{
    EFI_FILE_HANDLE file;
    bool equal;

    if (EFI_ERROR(loader_open_file(loader, path, &file)))
        return false;
    equal = is_equal(file, text);
    file->Close(file);
    return equal;
}

void loader_delete_file(struct loader *loader, const CHAR16 *path)
{
    EFI_FILE_HANDLE file;

    if (!EFI_ERROR(loader_create_file(loader, path, 0, &file)))
        file->Delete(file);
}

/* A name that is free: its number is the lowest. */
static EFI_STATUS choose_name(struct loader *loader, char *name, size_t size, CHAR16 path[NAME_MAX])
{
    EFI_STATUS status = EFI_SUCCESS;

    for (unsigned number = 1; number <= CRASH_FILES_MAX && !EFI_ERROR(status); number++) {
        format(name, size, "\\faultline\\crash-%04u.txt", number);
        widen(path, name);
        status = look_for_file(loader, path);
    }
    return status;
}

bool loader_open_last_crash(struct loader *loader, char *name, size_t size, EFI_FILE_HANDLE *file)
{
    CHAR16 path[NAME_MAX];

    for (unsigned number = CRASH_FILES_MAX; number > 0; number--) {
        format(name, size, "\\faultline\\crash-%04u.txt", number);
        widen(path, name);
        if (!EFI_ERROR(loader_open_file(loader, path, file)))
            return true;
    }
    return false;
}

const char *loader_keep_crash(struct loader *loader, struct slice text, char *name, size_t size)
{
    CHAR16 path[NAME_MAX];
    EFI_STATUS status;

    format(name, size, "\\faultline");
    status = loader_make_folder(loader);
    if (EFI_ERROR(status))
        return efi_status_text(status);
    status = choose_name(loader, name, size, path);
    if (!EFI_ERROR(status))
        return "there are 100 such files already";
    if (status == EFI_NOT_FOUND)
        status = loader_write_file(loader, path, text);
    if (EFI_ERROR(status))
        return efi_status_text(status);
    if (reads_back(loader, path, text))
        return NULL;
    loader_delete_file(loader, path);
    return "what was written reads back otherwise";
}
