/* System calls about the program's own memory. What it may have is in its list of regions; pages come when they are used. */
#include "abi/call.h"
#include "abi/error.h"
#include "arch/cpu.h"
#include "kernel/address_map.h"
#include "kernel/user/process.h"
#include "kernel/user/system_call.h"
#include "kernel/user/user_memory.h"
#include "lib/align.h"

#define STACK_GUARD (USER_STACK_START - PAGE_SIZE)

/* Whole pages of the user half: not page 0, and not the page below the stack, which stays free. */
static bool is_usable(uint64_t address, uint64_t bytes)
{
    return bytes > 0 && is_aligned(address | bytes, PAGE_SIZE) && address >= USER_START &&
           user_range_is_valid(address, bytes) &&
           (address + bytes <= STACK_GUARD || address >= USER_STACK_START);
}

static unsigned to_rights(uint64_t rights)
{
    return (rights & FL_MAP_WRITE ? MMU_WRITE : 0) | (rights & FL_MAP_EXECUTE ? MMU_EXECUTE : 0);
}

static int64_t check_rights(uint64_t rights)
{
    if (rights & ~(uint64_t)(FL_MAP_WRITE | FL_MAP_EXECUTE))
        return FL_BAD_ARGUMENT;
    return rights == (FL_MAP_WRITE | FL_MAP_EXECUTE) ? FL_NOT_ALLOWED : 0;
}

int64_t call_map(uint64_t address, uint64_t bytes, uint64_t rights)
{
    if (!is_usable(address, bytes))
        return FL_BAD_ARGUMENT;
    if (check_rights(rights) != 0)
        return check_rights(rights);
    return region_list_add(&process_current()->regions, address, bytes, to_rights(rights));
}

int64_t call_unmap(uint64_t address, uint64_t bytes)
{
    struct process *process = process_current();
    status_t status;

    if (!is_usable(address, bytes))
        return FL_BAD_ARGUMENT;
    arch_irq_enable();
    status = region_list_remove(&process->regions, address, bytes);
    if (status == STATUS_OK)
        status = arch_mmu_unmap_and_free(&process->space, address, bytes);
    arch_irq_disable();
    return status;
}

/* What is shared with other instances may become readable or executable, and nothing else. */
static bool is_shared(const struct region_list *regions, uint64_t address, uint64_t bytes)
{
    for (uint64_t at = address; at < address + bytes;) {
        const struct region *region = region_list_find(regions, at);

        if (!region)
            return false;
        if (region->rights & MMU_SHARED)
            return true;
        at = region->end;
    }
    return false;
}

int64_t call_protect(uint64_t address, uint64_t bytes, uint64_t rights)
{
    struct process *process = process_current();
    unsigned wanted = to_rights(rights);
    status_t status;

    if (!is_usable(address, bytes))
        return FL_BAD_ARGUMENT;
    if (check_rights(rights) != 0)
        return check_rights(rights);
    if (!region_list_covers(&process->regions, address, bytes, 0))
        return FL_NOT_FOUND;
    if (is_shared(&process->regions, address, bytes))
        return FL_NOT_ALLOWED;
    arch_irq_enable();
    status = region_list_set_rights(&process->regions, address, bytes, wanted);
    if (status == STATUS_OK)
        arch_mmu_protect_user(&process->space, address, bytes, wanted);
    arch_irq_disable();
    return status;
}
