/*
 * The embedded kernel: checked as if a stranger had sent it (a stick loses bits), then copied to
 * contiguous pages, its zeroed tails included.
 */
#include "loader.h"

#include "lib/checksum.h"
#include "lib/format.h"
#include "lib/string.h"

#define EMBEDDED_KERNEL_MAGIC UINT64_C(0x4c454e52454b4c46) /* "FLKERNEL" in memory order */

static const struct elf_limits kernel_limits = {
    .low = 0xffffffff80000000, /* the kernel image's place in include/kernel/address_map.h */
    .high = 0xffffffffc0000000,
};

static const char *check_embedded(void)
{
    uint64_t room = (uint64_t)(embedded_kernel_end - embedded_kernel.bytes);

    if (embedded_kernel.magic != EMBEDDED_KERNEL_MAGIC)
        return "its header is damaged";
    if (embedded_kernel.size_bytes > room)
        return "it is cut short";
    if (checksum64(embedded_kernel.bytes, embedded_kernel.size_bytes) != embedded_kernel.checksum)
        return "its checksum is wrong, the file is damaged";
    return NULL;
}

static EFI_STATUS refuse(struct loader *loader, const char *problem)
{
    format(loader->problem, sizeof(loader->problem), "the embedded kernel is unusable: %s",
           problem);
    return EFI_LOAD_ERROR;
}

static void copy_segments(const struct elf_image *kernel, paddr_t target)
{
    for (size_t i = 0; i < kernel->segment_count; i++) {
        const struct elf_segment *segment = &kernel->segments[i];

        /* loader_alloc_pages zeroed the rest */
        memcpy((void *)(uintptr_t)(target + (segment->start - kernel->start)),
               embedded_kernel.bytes + segment->file_offset, segment->file_bytes);
    }
}

EFI_STATUS loader_load_kernel(struct loader *loader)
{
    struct elf_image *kernel = &loader->kernel;
    const char *problem = check_embedded();
    paddr_t at;

    if (!problem)
        problem = elf_image_read(kernel, embedded_kernel.bytes, embedded_kernel.size_bytes,
                                 &kernel_limits);
    if (problem)
        return refuse(loader, problem);
    at = loader_alloc_pages(loader, (kernel->end - kernel->start) / PAGE_SIZE, 0);
    if (at == 0) {
        format(loader->problem, sizeof(loader->problem), "no room for the kernel's %lu KiB",
               (unsigned long)((kernel->end - kernel->start) / KIB));
        return EFI_OUT_OF_RESOURCES;
    }
    copy_segments(kernel, at);
    loader->info->kernel_start = at;
    loader->info->kernel_end = at + (kernel->end - kernel->start);
    loader_report(loader, LOG_INFO, "%lu KiB at %lx",
                  (unsigned long)((kernel->end - kernel->start) / KIB), (unsigned long)at);
    return EFI_SUCCESS;
}
