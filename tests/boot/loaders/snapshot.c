/*
 * What a firmware snapshot is taken of (tests/boot/snapshot.py): started with -kernel it says that
 * it waits, and reads QEMU's -append until that differs from its own. So it notices that the
 * machine was restored in another QEMU, and starts that one's -kernel with that one's -append, as
 * the firmware would have done. What it starts sees the handle and load options that the firmware
 * would have given it; when it returns, this returns to the firmware with the same status.
 *
 * The firmware configuration device (QEMU, docs/specs/fw_cfg.rst) is not part of a machine's saved
 * state: after the restore it offers what the new QEMU was started with. Each read is one command,
 * so that a machine saved at any instruction never joins the halves of two.
 */
#include <efi.h>
#include <stdint.h>

#include "lib/string.h"

enum {
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_COMMAND_LINE = 0x15,
    FW_CFG_SETUP_SIZE = 0x17,
    FW_CFG_SETUP_DATA = 0x18,

    FW_CFG_DMA_PORT_HIGH = 0x514,
    FW_CFG_DMA_PORT_LOW = 0x518, /* a write to it starts the command */
    FW_CFG_DMA_ERROR = 1 << 0,
    FW_CFG_DMA_READ = 1 << 1,
    FW_CFG_DMA_SELECT = 1 << 3,
    FW_CFG_DMA_KEY_SHIFT = 16,

    COMMAND_LINE_SIZE = 8192,
    POLL_MICROSECONDS = 1000,
};

struct fw_cfg_command {
    uint32_t control, length;
    uint64_t address;
}; /* big-endian */
_Static_assert(sizeof(struct fw_cfg_command) == 16, "as the device reads it");

static EFI_BOOT_SERVICES *boot;

static void port_write_32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* Past the end of an item the device reads zeros. */
static void fw_cfg_read(uint16_t key, void *to, uint32_t size)
{
    volatile struct fw_cfg_command command = {
        .control = __builtin_bswap32((uint32_t)key << FW_CFG_DMA_KEY_SHIFT | FW_CFG_DMA_SELECT |
                                     FW_CFG_DMA_READ),
        .length = __builtin_bswap32(size),
        .address = __builtin_bswap64((uintptr_t)to),
    };
    uintptr_t at = (uintptr_t)&command;

    port_write_32(FW_CFG_DMA_PORT_HIGH, __builtin_bswap32((uint32_t)(at >> 32)));
    port_write_32(FW_CFG_DMA_PORT_LOW, __builtin_bswap32((uint32_t)at));
    while (__builtin_bswap32(command.control) & ~(uint32_t)FW_CFG_DMA_ERROR)
        ;
}

static uint32_t fw_cfg_read_32(uint16_t key)
{
    uint32_t value = 0;

    fw_cfg_read(key, &value, sizeof(value));
    return value;
}

static void read_command_line(char *line)
{
    fw_cfg_read(FW_CFG_COMMAND_LINE, line, COMMAND_LINE_SIZE - 1);
    line[COMMAND_LINE_SIZE - 1] = '\0';
}

/* Its own command line is read before it says that it waits: saved between the two, the machine
 * would take another QEMU's for its own. */
static const char *wait_for_another_command_line(EFI_SYSTEM_TABLE *system)
{
    static CHAR16 waiting[] = L"snapshot: waiting\r\n";
    static char first[COMMAND_LINE_SIZE], line[COMMAND_LINE_SIZE];

    read_command_line(first);
    system->ConOut->OutputString(system->ConOut, waiting);
    do {
        boot->Stall(POLL_MICROSECONDS);
        read_command_line(line);
    } while (strcmp(line, first) == 0);
    return line;
}

/* QEMU hands a kernel over in two parts, whatever it is: the size of the first stands in its
 * header if it is Linux. */
static EFI_STATUS load_image(EFI_HANDLE self_handle, EFI_HANDLE *child_handle)
{
    uint32_t setup_size = fw_cfg_read_32(FW_CFG_SETUP_SIZE);
    uint32_t kernel_size = fw_cfg_read_32(FW_CFG_KERNEL_SIZE);
    EFI_STATUS status;
    uint8_t *image;

    status = boot->AllocatePool(EfiLoaderData, setup_size + kernel_size, (void **)&image);
    if (EFI_ERROR(status))
        return status;
    fw_cfg_read(FW_CFG_SETUP_DATA, image, setup_size);
    fw_cfg_read(FW_CFG_KERNEL_DATA, image + setup_size, kernel_size);
    status =
        boot->LoadImage(FALSE, self_handle, NULL, image, setup_size + kernel_size, child_handle);
    boot->FreePool(image);
    return status;
}

/* As the firmware does it: each byte becomes one character, and the NUL counts. */
static void set_load_options(EFI_LOADED_IMAGE *child, const char *line)
{
    static CHAR16 options[COMMAND_LINE_SIZE];
    size_t length = strlen(line);

    for (size_t i = 0; i < length; i++)
        options[i] = (uint8_t)line[i];
    options[length] = 0;
    child->LoadOptions = options;
    child->LoadOptionsSize = (UINT32)((length + 1) * sizeof(options[0]));
}

EFI_STATUS efi_main(EFI_HANDLE self_handle, EFI_SYSTEM_TABLE *system);
EFI_STATUS efi_main(EFI_HANDLE self_handle, EFI_SYSTEM_TABLE *system)
{
    static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
    EFI_LOADED_IMAGE *self, *child;
    EFI_HANDLE child_handle;
    EFI_STATUS status;
    const char *line;

    boot = system->BootServices;
    line = wait_for_another_command_line(system);
    status = load_image(self_handle, &child_handle);
    if (EFI_ERROR(status))
        return status;
    boot->HandleProtocol(self_handle, &loaded_image_guid, (void **)&self);
    boot->HandleProtocol(child_handle, &loaded_image_guid, (void **)&child);
    child->DeviceHandle = self->DeviceHandle;
    set_load_options(child, line);
    return boot->StartImage(child_handle, NULL, NULL);
}
