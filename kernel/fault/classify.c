/* The cause line: from an address and an access to a sentence that names the object that was hit.
 */
#include "report.h"

#include "kernel/address_map.h"
#include "kernel/image.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/memory.h"
#include "kernel/stack.h"
#include "kernel/symbols.h"
#include "lib/format.h"

static bool is_within(vaddr_t address, const char *start, const char *end)
{
    return address >= (vaddr_t)start && address < (vaddr_t)end;
}

/* What the kernel keeps at an address of its image, or NULL when it is not in the image. */
static const char *image_part(vaddr_t address)
{
    if (is_within(address, kernel_text_start, kernel_text_end))
        return "kernel text";
    if (is_within(address, kernel_rodata_start, kernel_rodata_end))
        return "kernel rodata";
    if (is_within(address, kernel_data_start, kernel_image_end))
        return "kernel data";
    return NULL;
}

/* Read-only since arch_mmu_seal(). */
static bool is_sealed(vaddr_t address)
{
    return is_within(address, kernel_after_init_start, kernel_after_init_end);
}

static const char *access_to(enum fault_access access)
{
    return access == FAULT_WRITE     ? "write to"
           : access == FAULT_EXECUTE ? "execution of"
                                     : "read from";
}

static void describe_null(const struct fault *fault, char *text, size_t size)
{
    static const char *const verbs[] = {"access to", "read from", "write to", "jump to"};

    format(text, size,
           "%s a null pointer: address %016lx is in the null page, which is never mapped",
           verbs[fault->access], fault->address);
}

static bool describe_guard(const struct fault *fault, char *text, size_t size)
{
    bool below;
    const struct stack *stack = stack_find_guard(fault->address, &below);
    char name[48];

    if (!stack)
        return false;
    stack_name(stack, name, sizeof(name));
    if (below && fault->sp >= stack->low - PAGE_SIZE && fault->sp < stack->low + PAGE_SIZE)
        format(text, size, "overflow of the %s: address %016lx is in the guard page below it", name,
               fault->address);
    else
        format(text, size, "%s the guard page %s the %s: address %016lx", access_to(fault->access),
               below ? "below" : "above", name, fault->address);
    return true;
}

/* Nothing on a stack is code. */
static bool describe_stack(const struct fault *fault, char *text, size_t size)
{
    const struct stack *stack = stack_find(fault->address);
    char name[48];

    if (!stack || fault->not_present)
        return false;
    stack_name(stack, name, sizeof(name));
    format(text, size, "%s the %s: address %016lx, which is never executable",
           access_to(fault->access), name, fault->address);
    return true;
}

static const char *why_not_in_image(const struct fault *fault, vaddr_t in_image)
{
    if (fault->not_present)
        return "where nothing is mapped";
    if (fault->access == FAULT_EXECUTE)
        return "which is never executable";
    return is_sealed(in_image) ? "which is read-only since the boot ended" : "which is read-only";
}

/* `in_image` is where it was meant, whichever way it was reached. What is sealed has a name. */
static void describe_image(const struct fault *fault, vaddr_t in_image, const char *through,
                           char *text, size_t size)
{
    const char *part = image_part(in_image);
    char name[SYMBOL_TEXT_MAX];

    if (is_sealed(in_image) && symbolize_name(name, sizeof(name), in_image, false) > 0)
        part = name;
    format(text, size, "%s %s%s: address %016lx, %s", access_to(fault->access), part, through,
           fault->address, why_not_in_image(fault, in_image));
}

static void describe_direct_map(const struct fault *fault, char *text, size_t size)
{
    paddr_t phys = fault->address - DIRECT_MAP_START;
    vaddr_t in_image = memory_phys_to_image(phys);

    if (image_part(in_image)) {
        describe_image(fault, in_image, " through the direct map", text, size);
        return;
    }
    format(text, size, "%s the direct map: address %016lx is physical %lx, %s, %s",
           access_to(fault->access), fault->address, (unsigned long)phys, memory_name_at(phys),
           fault->not_present ? "which is not mapped there" : "which does not allow that");
}

/* The kernel reached for what belongs to programs (SDM vol. 3A, 4.6.1). */
static void describe_user_page(const struct fault *fault, char *text, size_t size)
{
    if (fault->access == FAULT_EXECUTE)
        format(text, size,
               "the kernel jumped to user memory, which it must not execute (SMEP): "
               "address %016lx",
               fault->address);
    else
        format(text, size,
               "%s user memory by the kernel outside of its copy routines (SMAP): address %016lx",
               access_to(fault->access), fault->address);
}

/* In the user half, where the kernel has nothing mapped: often a physical address that was not converted. */
static bool describe_physical(const struct fault *fault, char *text, size_t size)
{
    if (!fault->not_present || fault->address >= DIRECT_MAP_START ||
        !memory_is_known(fault->address))
        return false;
    format(text, size,
           "%s address %016lx, where nothing is mapped; as a physical address it is memory of the "
           "kind \"%s\", which is reached by phys_to_virt()",
           access_to(fault->access), fault->address, memory_name_at(fault->address));
    return true;
}

static bool describe_heap(const struct fault *fault, char *text, size_t size)
{
    char what[180];

    if (fault->address < HEAP_START || fault->address - HEAP_START >= HEAP_BYTES)
        return false;
    heap_describe(fault->address, what, sizeof(what));
    format(text, size, "%s the heap: address %016lx is %s%s", access_to(fault->access),
           fault->address, what, fault->not_present ? "" : ", where that is not allowed");
    return true;
}

static const char *region_name(vaddr_t address)
{
    if (address >= KERNEL_IMAGE_START)
        return "the kernel's image";
    if (address >= USER_END + PAGE_SIZE && address < DIRECT_MAP_START)
        return "a non-canonical address";
    if (address < DIRECT_MAP_START)
        return "user memory";
    if (address >= VMAP_START && address < VMAP_START + VMAP_BYTES)
        return "the vmap area (devices and stacks)";
    if (address >= HEAP_START && address < HEAP_START + HEAP_BYTES)
        return "the heap";
    return "a part of the address space that nothing uses";
}

/* An exception whose own frame could not be pushed; an overflow is told by its guard page. */
static bool describe_bad_stack(const struct fault *fault, char *text, size_t size)
{
    bool below;

    if (!fault->stack_unusable || stack_find_guard(fault->address, &below))
        return false;
    format(text, size,
           "the stack pointer %016lx points to %s, where nothing can be pushed: address %016lx",
           fault->sp, region_name(fault->address), fault->address);
    return true;
}

static void describe_address(const struct fault *fault, char *text, size_t size)
{
    if (describe_bad_stack(fault, text, size))
        return;
    if (fault->reserved_bit)
        format(text, size, "a page-table entry for address %016lx has a reserved bit set",
               fault->address);
    else if (fault->damaged_tables)
        format(text, size,
               "the page tables are damaged: one on the way to address %016lx is not in RAM",
               fault->address);
    else if (fault->address < PAGE_SIZE)
        describe_null(fault, text, size);
    else if (fault->user_page && !fault->user)
        describe_user_page(fault, text, size);
    else if (describe_guard(fault, text, size) || describe_stack(fault, text, size) ||
             describe_physical(fault, text, size) || describe_heap(fault, text, size))
        return;
    else if (image_part(fault->address))
        describe_image(fault, fault->address, "", text, size);
    else if (fault->address >= DIRECT_MAP_START &&
             fault->address - DIRECT_MAP_START < DIRECT_MAP_BYTES)
        describe_direct_map(fault, text, size);
    else
        format(text, size, "%s %s: address %016lx, %s", access_to(fault->access),
               region_name(fault->address), fault->address,
               fault->not_present ? "where nothing is mapped" : "where that is not allowed");
}

void classify_cause(const struct fault *fault, char *text, size_t size)
{
    if (fault->has_address)
        describe_address(fault, text, size);
    else
        format(text, size, "%s", fault->meaning);
}
