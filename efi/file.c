/* Files on the volume that the loader came from (UEFI 2.10, 13.4 and 13.5). */
#include "loader.h"

static EFI_HANDLE own_device(const struct loader *loader)
{
    static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
    EFI_LOADED_IMAGE *self;

    if (EFI_ERROR(loader->boot->HandleProtocol(loader->image, &loaded_image_guid, (void **)&self)))
        return NULL;
    return self->DeviceHandle;
}

static EFI_STATUS open_as(struct loader *loader, const CHAR16 *path, UINT64 mode, UINT64 attributes,
                          EFI_FILE_HANDLE *file)
{
    static EFI_GUID file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;
    EFI_HANDLE device = own_device(loader);
    EFI_FILE_IO_INTERFACE *volume;
    EFI_FILE_HANDLE root;
    EFI_STATUS status;

    if (!device ||
        EFI_ERROR(loader->boot->HandleProtocol(device, &file_system_guid, (void **)&volume)) ||
        EFI_ERROR(volume->OpenVolume(volume, &root)))
        return EFI_NOT_FOUND;
    status = root->Open(root, file, (CHAR16 *)(uintptr_t)path, mode, attributes);
    root->Close(root);
    return status;
}

EFI_STATUS loader_open_file(struct loader *loader, const CHAR16 *path, EFI_FILE_HANDLE *file)
{
    return open_as(loader, path, EFI_FILE_MODE_READ, 0, file);
}

EFI_STATUS loader_create_file(struct loader *loader, const CHAR16 *path, UINT64 attributes,
                              EFI_FILE_HANDLE *file)
{
    return open_as(loader, path, EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE,
                   attributes, file);
}
