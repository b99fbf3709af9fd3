/*
 * Where the options come from: LoadOptions when they are text, else \faultline.cfg on the volume
 * this image was started from, else nothing. They are only collected here; the kernel reads them
 * and warns (lib/options.h).
 */
#include "loader.h"

#include "lib/string.h"

static const char *const source_names[] = {
    [BOOT_OPTIONS_BUILT_IN] = "built-in, no load options and no \\faultline.cfg",
    [BOOT_OPTIONS_LOAD_OPTIONS] = "from load options",
    [BOOT_OPTIONS_FILE] = "from \\faultline.cfg",
};

static void take_load_options(struct loader *loader, const EFI_LOADED_IMAGE *self)
{
    struct boot_info *info = loader->info;
    bool cut = false;

    if (!self->LoadOptions || self->LoadOptionsSize == 0)
        return;
    if (!options_from_load_options(info->options, sizeof(info->options), self->LoadOptions,
                                   self->LoadOptionsSize, &cut)) {
        if (self->LoadOptionsSize > sizeof(CHAR16))
            loader_report(loader, LOG_DEBUG, "%u bytes of load options hold no options",
                          (unsigned)self->LoadOptionsSize);
        return;
    }
    info->options_source = BOOT_OPTIONS_LOAD_OPTIONS;
    info->options_bytes = (uint32_t)strlen(info->options);
    if (cut)
        loader_report(loader, LOG_WARN, "load options cut after %u bytes", info->options_bytes);
}

static EFI_FILE_HANDLE open_file(struct loader *loader)
{
    EFI_FILE_HANDLE file;
    EFI_STATUS status = loader_open_file(loader, L"\\faultline.cfg", &file);

    if (EFI_ERROR(status) && status != EFI_NOT_FOUND)
        loader_report(loader, LOG_WARN, "\\faultline.cfg cannot be opened: %s",
                      efi_status_text(status));
    return EFI_ERROR(status) ? NULL : file;
}

static void take_file(struct loader *loader, EFI_FILE_HANDLE file)
{
    struct boot_info *info = loader->info;
    UINTN bytes = sizeof(info->options);
    EFI_STATUS status = file->Read(file, &bytes, info->options);

    if (EFI_ERROR(status)) {
        loader_report(loader, LOG_WARN, "\\faultline.cfg cannot be read: %s",
                      efi_status_text(status));
        return;
    }
    info->options_source = BOOT_OPTIONS_FILE;
    if (bytes == sizeof(info->options)) {
        while (bytes > 0 && (unsigned char)info->options[bytes - 1] > ' ')
            bytes--; /* half a word might be a valid other one */
        loader_report(loader, LOG_WARN, "\\faultline.cfg is too long, only %u bytes are used",
                      (unsigned)bytes);
    }
    info->options_bytes = (uint32_t)bytes;
}

EFI_STATUS loader_find_options(struct loader *loader)
{
    static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
    EFI_LOADED_IMAGE *self;
    EFI_FILE_HANDLE file;

    if (!EFI_ERROR(
            loader->boot->HandleProtocol(loader->image, &loaded_image_guid, (void **)&self))) {
        loader->info->loader_image = (uintptr_t)self->ImageBase;
        take_load_options(loader, self);
        file = loader->info->options_bytes == 0 ? open_file(loader) : NULL;
        if (file) {
            take_file(loader, file);
            file->Close(file);
        }
    }
    loader_report(loader, LOG_INFO, "%s", source_names[loader->info->options_source]);
    return EFI_SUCCESS;
}
