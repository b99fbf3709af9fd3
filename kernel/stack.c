/* The registry of stacks: those of every CPU, found through their structures. */
#include "kernel/stack.h"

#include "arch/cpu.h"
#include "lib/format.h"
#include "lib/types.h"

static const char *const kind_names[STACK_KIND_COUNT] = {
    [STACK_MAIN] = "boot stack",        [STACK_DB] = "debug-exception stack",
    [STACK_NMI] = "NMI stack",          [STACK_DF] = "double-fault stack",
    [STACK_MC] = "machine-check stack", [STACK_PANIC] = "report stack",
};

/* Of a CPU that has not come up too: it may be on its way, on these stacks. */
const struct stack *stack_by_number(unsigned number)
{
    unsigned id = number / STACK_KIND_COUNT;

    return id < CPUS_MAX && cpus[id] ? &cpus[id]->stacks[number % STACK_KIND_COUNT] : NULL;
}

const struct stack *stack_find(vaddr_t address)
{
    const struct stack *stack;

    for (unsigned i = 0; (stack = stack_by_number(i)); i++)
        if (address >= stack->low && address <= stack->high)
            return stack;
    return NULL;
}

const struct stack *stack_find_guard(vaddr_t address, bool *below)
{
    const struct stack *stack;

    for (unsigned i = 0; (stack = stack_by_number(i)); i++) {
        *below = address < stack->low && address >= stack->low - PAGE_SIZE;
        if (*below || (address >= stack->high && address < stack->high + PAGE_SIZE))
            return stack;
    }
    return NULL;
}

void stack_name(const struct stack *stack, char *text, size_t size)
{
    unsigned id = 0;

    while (stack < cpus[id]->stacks || stack >= cpus[id]->stacks + STACK_KIND_COUNT)
        id++;
    format(text, size, "%s of CPU %0*X",
           id > 0 && stack == cpus[id]->stacks ? "main stack"
                                               : kind_names[stack - cpus[id]->stacks],
           cpu_id_digits(), id);
}
