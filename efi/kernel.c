/*
 * The embedded kernel: checked as if a stranger had sent it (a stick loses bits), decoded to an ELF
 * file, whose segments are then copied to contiguous pages, their zeroed tails included. The pages
 * of the file stay the loader's: given back when it gives up, else free memory to the kernel.
 */
#include "loader.h"

#include "lib/checksum.h"
#include "lib/format.h"
#include "lib/lz4.h"
#include "lib/string.h"

#define EMBEDDED_KERNEL_MAGIC UINT64_C(0x4c454e52454b4c46) /* "FLKERNEL" in memory order */

static const struct elf_limits kernel_limits = {
    .low = 0xffffffff80000000, /* the kernel image's place in include/kernel/address_map.h */
    .high = 0xffffffffc0000000,
};

static const char *check_embedded(void)
{
    const size_t described = offsetof(struct embedded_kernel, block_bytes);
    const size_t fields = offsetof(struct embedded_kernel, block) - described;
    uint64_t room = (uint64_t)(embedded_kernel_end - embedded_kernel.block);

    if (embedded_kernel.magic != EMBEDDED_KERNEL_MAGIC)
        return "its header is damaged";
    if (embedded_kernel.block_bytes > room)
        return "it is cut short";
    if (checksum64(&embedded_kernel.block_bytes, fields + embedded_kernel.block_bytes) !=
        embedded_kernel.checksum)
        return "its checksum is wrong, the file is damaged";
    return NULL;
}

static EFI_STATUS refuse(struct loader *loader, const char *part, const char *problem)
{
    format(loader->problem, sizeof(loader->problem), "the embedded kernel is unusable: %s%s", part,
           problem);
    return EFI_LOAD_ERROR;
}

static EFI_STATUS alloc(struct loader *loader, const char *part, uint64_t size_bytes, paddr_t *at)
{
    *at = loader_alloc_pages(loader, size_bytes / PAGE_SIZE + (size_bytes % PAGE_SIZE != 0), 0);
    if (*at != 0)
        return EFI_SUCCESS;
    format(loader->problem, sizeof(loader->problem), "no room for the kernel's %s of %lu KiB", part,
           (unsigned long)(size_bytes / KIB));
    return EFI_OUT_OF_RESOURCES;
}

static EFI_STATUS decode(struct loader *loader, const uint8_t **file)
{
    const char *problem;
    paddr_t at;
    EFI_STATUS status = alloc(loader, "file", embedded_kernel.size_bytes, &at);

    if (EFI_ERROR(status))
        return status;
    problem = lz4_decode((void *)(uintptr_t)at, embedded_kernel.size_bytes, embedded_kernel.block,
                         embedded_kernel.block_bytes);
    if (problem)
        return refuse(loader, "its LZ4 block: ", problem);
    *file = (const uint8_t *)(uintptr_t)at;
    return EFI_SUCCESS;
}

static void copy_segments(const struct elf_image *kernel, const uint8_t *file, paddr_t target)
{
    for (size_t i = 0; i < kernel->segment_count; i++) {
        const struct elf_segment *segment = &kernel->segments[i];

        /* loader_alloc_pages zeroed the rest */
        memcpy((void *)(uintptr_t)(target + (segment->start - kernel->start)),
               file + segment->file_offset, segment->file_bytes);
    }
}

static EFI_STATUS place(struct loader *loader, const uint8_t *file)
{
    const struct elf_image *kernel = &loader->kernel;
    uint64_t size_bytes = kernel->end - kernel->start;
    paddr_t at;
    EFI_STATUS status = alloc(loader, "image", size_bytes, &at);

    if (EFI_ERROR(status))
        return status;
    copy_segments(kernel, file, at);
    loader->info->kernel_start = at;
    loader->info->kernel_end = at + size_bytes;
    loader_report(loader, LOG_INFO, "%lu KiB at %lx", (unsigned long)(size_bytes / KIB),
                  (unsigned long)at);
    return EFI_SUCCESS;
}

EFI_STATUS loader_load_kernel(struct loader *loader)
{
    const char *problem = check_embedded();
    const uint8_t *file;
    EFI_STATUS status;

    if (problem)
        return refuse(loader, "", problem);
    status = decode(loader, &file);
    if (EFI_ERROR(status))
        return status;
    problem = elf_image_read(&loader->kernel, file, embedded_kernel.size_bytes, &kernel_limits);
    if (problem)
        return refuse(loader, "its ELF file: ", problem);
    return place(loader, file);
}
