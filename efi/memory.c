/* Pages from the firmware, each allocation remembered so that a loader that gives up leaves nothing
 * behind. */
#include "loader.h"

#include "lib/string.h"

static void remember(struct loader *loader, paddr_t address, UINTN page_count)
{
    loader->allocations[loader->allocation_count].address = address;
    loader->allocations[loader->allocation_count++].page_count = page_count;
}

paddr_t loader_alloc_pages(struct loader *loader, UINTN page_count, paddr_t below)
{
    EFI_PHYSICAL_ADDRESS at = below ? below - 1 : 0;
    EFI_STATUS status;

    if (loader->allocation_count == LOADER_ALLOCATIONS_MAX)
        return 0;
    status = loader->boot->AllocatePages(below ? AllocateMaxAddress : AllocateAnyPages,
                                         EfiLoaderData, page_count, &at);
    if (EFI_ERROR(status))
        return 0;
    remember(loader, at, page_count);
    memset((void *)(uintptr_t)at, 0, page_count * PAGE_SIZE);
    return at;
}

bool loader_take_page(struct loader *loader, paddr_t address)
{
    EFI_PHYSICAL_ADDRESS at = address;

    if (loader->allocation_count == LOADER_ALLOCATIONS_MAX ||
        EFI_ERROR(loader->boot->AllocatePages(AllocateAddress, EfiLoaderData, 1, &at)))
        return false;
    remember(loader, at, 1);
    return true;
}

void loader_free_all(struct loader *loader)
{
    while (loader->allocation_count > 0) {
        loader->allocation_count--;
        loader->boot->FreePages(loader->allocations[loader->allocation_count].address,
                                loader->allocations[loader->allocation_count].page_count);
    }
}
