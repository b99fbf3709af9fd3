/* What becomes of a program's exception: see kernel/user/user_fault.h. */
#include "kernel/user/user_fault.h"

#include "abi/fault.h"
#include "arch/cpu.h"
#include "kernel/address_map.h"
#include "kernel/fault.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/user/process.h"
#include "kernel/user/user_memory.h"
#include "lib/align.h"
#include "lib/string.h"

NOINLINE static bool give_up(const struct process *process, vaddr_t address)
{
    log_warn("program %s, process %lu: no memory is left for the page at %lx",
             process->program->name, process->id, align_down(address, PAGE_SIZE));
    return false;
}

/* Where it is the first page of a table, and when tables are missing. */
NOINLINE static bool map_with_tables(struct process *process, vaddr_t page, paddr_t frame,
                                     unsigned rights)
{
    const struct mmu_mapping mapping = {
        .virt = page, .phys = frame, .bytes = PAGE_SIZE, .rights = rights};

    if (arch_mmu_map(&process->space, &mapping) == STATUS_OK)
        return true;
    frame_free(frame);
    return false;
}

/* True when the frame is a page of the program's; else it is free again. */
static inline bool map_zeros(struct process *process, vaddr_t page, paddr_t frame, unsigned rights)
{
    arch_mmu_clear_page(phys_to_virt(frame));
    return arch_mmu_fill_page(&process->space, page, frame, rights) ||
           map_with_tables(process, page, frame, rights);
}

bool user_fill_page(vaddr_t address, unsigned needs)
{
    struct process *process = process_current();
    const struct region *region = process ? region_list_find(&process->regions, address) : NULL;
    paddr_t frame;

    if (!region || (needs & ~region->rights) != 0 || (region->rights & MMU_SHARED))
        return false;
    frame = frame_alloc();
    if (frame &&
        map_zeros(process, align_down(address, PAGE_SIZE), frame, MMU_USER | region->rights))
        return true;
    return give_up(process, address);
}

/* As the handler finds its stack, from RSP up: 0 is where it returns to. */
struct handler_stack {
    uint64_t return_address;
    struct fl_fault fault;
};

/* Its frame lies on the stack that it named, in memory that it can write; a handler that faults is not called again. */
static bool call_handler(struct process *process)
{
    uint64_t frame = align_down(process->handler_stack - sizeof(struct fl_fault), 16);
    struct handler_stack stack = {.return_address = 0};

    if (process->handler == 0 || process->in_handler ||
        !arch_user_read_fault(process->user, &stack.fault))
        return false;
    if (!user_write(frame - offsetof(struct handler_stack, fault), &stack, sizeof(stack))) {
        arch_user_restore_fault(&stack.fault);
        return false;
    }
    process->in_handler = true;
    arch_user_call_handler(process->user, process->handler, frame);
    return true;
}

static void end(struct process *process)
{
    struct fl_end end = {.reason = FL_END_FAULT};

    arch_user_describe_fault(process->user, &end);
    fault_report_program(process);
    process_end_current(&end);
}

void user_fault(void)
{
    struct process *process = process_current();

    if (!call_handler(process))
        end(process);
}
