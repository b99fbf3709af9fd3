/*
 * What the jump needs, all of it allocated now: a page below 1 MiB for starting CPUs, room for the
 * memory map, and page tables that map the kernel's segments with their true rights and, at their
 * physical addresses, only the jump's own page, the handoff and the framebuffer.
 */
#include "loader.h"

#include "lib/align.h"
#include "lib/format.h"
#include "lib/string.h"

/* 2 roots, 3 tables each for five small ranges, the framebuffer's, a kernel of 16 MiB */
#define TABLE_PAGES 40
/* the map grows with every allocation, also with those that firmware makes */
#define SPARE_ENTRIES  32
#define CR4_LA57       BIT(12)
#define MSR_EFER       0xc0000080
#define EFER_NXE       BIT(11)
#define CPUID_EXTENDED 0x80000001
#define CPUID_EXT_NX   BIT(20) /* in EDX */

struct table_pool {
    paddr_t next, end;
};

static uint64_t pool_alloc(void *context)
{
    struct table_pool *pool = context;
    paddr_t frame = pool->next;

    if (frame == pool->end)
        return 0;
    pool->next += PAGE_SIZE;
    return frame;
}

bool enable_no_execute(void)
{
    uint32_t a = CPUID_EXTENDED, b, c, d, low, high;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    if (!(d & CPUID_EXT_NX))
        return false;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
    __asm__ volatile("wrmsr" : : "c"(MSR_EFER), "a"(low | (uint32_t)EFER_NXE), "d"(high));
    return true;
}

static unsigned paging_levels(void)
{
    uint64_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    return cr4 & CR4_LA57 ? 5 : 4;
}

static status_t map_kernel(const struct loader *loader, struct page_tables *tables,
                           uint64_t no_execute)
{
    const struct elf_image *kernel = &loader->kernel;
    status_t status = STATUS_OK;

    for (size_t i = 0; i < kernel->segment_count && status == STATUS_OK; i++) {
        const struct elf_segment *segment = &kernel->segments[i];
        vaddr_t start = align_down(segment->start, PAGE_SIZE);
        vaddr_t end = align_up(segment->start + segment->memory_bytes, PAGE_SIZE);

        status = page_tables_map(
            tables,
            &(struct page_mapping){.virt = start,
                                   .phys = loader->info->kernel_start + (start - kernel->start),
                                   .bytes = end - start,
                                   .flags = (segment->writable ? PTE_WRITABLE : 0) |
                                            (segment->executable ? 0 : no_execute),
                                   .page_bytes_max = PAGE_SIZE});
    }
    return status;
}

static status_t map_identity(struct page_tables *tables, paddr_t start, uint64_t bytes,
                             uint64_t flags, uint64_t page_max)
{
    paddr_t first = align_down(start, PAGE_SIZE);

    return page_tables_map(
        tables, &(struct page_mapping){.virt = first,
                                       .phys = first,
                                       .bytes = align_up(start + bytes, PAGE_SIZE) - first,
                                       .flags = flags,
                                       .page_bytes_max = page_max});
}

static status_t map_all(struct loader *loader, struct page_tables *tables)
{
    const struct boot_info *info = loader->info;
    uint64_t no_execute = enable_no_execute() ? PTE_NX : 0;
    status_t status = map_kernel(loader, tables, no_execute);

    if (status == STATUS_OK)
        status = map_identity(tables, (uintptr_t)jump_page, PAGE_SIZE, 0, PAGE_SIZE);
    if (status == STATUS_OK)
        status = map_identity(tables, (uintptr_t)info, sizeof(*info), no_execute, PAGE_SIZE);
    if (status == STATUS_OK)
        status = map_identity(tables, info->memory_map.address, loader->map_capacity, no_execute,
                              PAGE_SIZE);
    if (status == STATUS_OK && info->framebuffer.base)
        status =
            map_identity(tables, info->framebuffer.base,
                         (uint64_t)info->framebuffer.pitch_pixels * 4 * info->framebuffer.height,
                         PTE_WRITABLE | no_execute, 2 * MIB);
    return status;
}

static EFI_STATUS build_tables(struct loader *loader)
{
    paddr_t at = loader_alloc_pages(loader, TABLE_PAGES, 0);
    struct table_pool pool = {.next = at, .end = at + TABLE_PAGES * PAGE_SIZE};
    /* firmware maps all of memory at its physical address (UEFI 2.10, 2.3.4): offset 0 */
    struct page_tables tables = {
        .levels = paging_levels(), .alloc_frame = pool_alloc, .context = &pool};
    status_t status;

    if (at == 0)
        return EFI_OUT_OF_RESOURCES;
    loader->root = tables.root = pool_alloc(&pool);
    status = map_all(loader, &tables);
    if (status == STATUS_OK)
        return EFI_SUCCESS;
    format(loader->problem, sizeof(loader->problem), "the page tables for the jump: %s",
           status_text(status));
    return EFI_LOAD_ERROR;
}

static EFI_STATUS prepare_memory_map(struct loader *loader)
{
    UINTN size = 0, key, stride = 0;
    UINT32 version;
    EFI_STATUS status = loader->boot->GetMemoryMap(&size, NULL, &key, &stride, &version);

    if (status != EFI_BUFFER_TOO_SMALL || stride == 0)
        return EFI_ERROR(status) ? status : EFI_DEVICE_ERROR;
    loader->map_capacity = align_up(size + SPARE_ENTRIES * stride, PAGE_SIZE);
    loader->info->memory_map.address =
        loader_alloc_pages(loader, loader->map_capacity / PAGE_SIZE, 0);
    return loader->info->memory_map.address ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

EFI_STATUS loader_prepare_jump(struct loader *loader)
{
    EFI_STATUS status;

    loader->info->low_page = loader_alloc_pages(loader, 1, 0xa0000);
    if (loader->info->low_page == 0)
        loader_report(loader, LOG_WARN, "no page below 640 KiB is free for starting other CPUs");
    status = prepare_memory_map(loader);
    if (!EFI_ERROR(status))
        status = build_tables(loader);
    if (!EFI_ERROR(status))
        loader_report(loader, LOG_INFO, "tables at %lx, low page at %lx",
                      (unsigned long)loader->root, (unsigned long)loader->info->low_page);
    return status;
}
