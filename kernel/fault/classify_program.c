/* The cause line of a program's fault: what of its memory, or of whose, was touched. */
#include "kernel/address_map.h"
#include "kernel/user/process.h"
#include "lib/format.h"
#include "report.h"

#define STACK_GUARD (USER_STACK_START - PAGE_SIZE)

static const char *access_to(const struct fault *fault)
{
    return fault->access == FAULT_WRITE     ? "write to"
           : fault->access == FAULT_EXECUTE ? "jump to"
                                            : "read from";
}

static const char *region_name(const struct region *region)
{
    if (region->rights & MMU_SHARED)
        return region->rights & MMU_EXECUTE ? "its own text" : "its own constants";
    return region->end == USER_END ? "its own stack" : "its own memory";
}

static const char *why_refused(const struct fault *fault, const struct region *region)
{
    if (fault->access == FAULT_EXECUTE)
        return "which is not executable";
    if (fault->access == FAULT_WRITE && !(region->rights & MMU_WRITE))
        return "which is read-only";
    return "for which no memory is left";
}

/* The stack pointer is no further from there than a large frame would be. */
static void describe_guard(const struct fault *fault, char *text, size_t size)
{
    if (fault->sp >= STACK_GUARD - PAGE_SIZE && fault->sp < USER_STACK_START + PAGE_SIZE)
        format(text, size,
               "overflow of its stack: address %016lx is in the page below it, which is "
               "never mapped",
               fault->address);
    else
        format(text, size,
               "%s address %016lx, which is in the page below its stack and never mapped",
               access_to(fault), fault->address);
}

static void describe_elsewhere(const struct fault *fault, char *text, size_t size)
{
    vaddr_t address = fault->address;

    if (address < PAGE_SIZE)
        format(text, size, "%s a null pointer: address %016lx is in the null page",
               access_to(fault), address);
    else if (address >= DIRECT_MAP_START)
        format(text, size, "%s address %016lx, which is the kernel's", access_to(fault), address);
    else if (address >= STACK_GUARD && address < USER_STACK_START)
        describe_guard(fault, text, size);
    else
        format(text, size, "%s address %016lx, where it has no memory", access_to(fault), address);
}

void classify_program_cause(const struct process *process, const struct fault *fault, char *text,
                            size_t size)
{
    const struct region *region =
        fault->has_address ? region_list_find(&process->regions, fault->address) : NULL;

    if (!fault->has_address)
        format(text, size, "%s", fault->meaning);
    else if (fault->reserved_bit || fault->damaged_tables)
        classify_cause(fault, text, size);
    else if (region)
        format(text, size, "%s %s: address %016lx, %s", access_to(fault), region_name(region),
               fault->address, why_refused(fault, region));
    else
        describe_elsewhere(fault, text, size);
}
