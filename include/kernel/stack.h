/* Every stack the kernel runs on, so that reports can name them and backtraces know where they may
 * read. */
#ifndef KERNEL_STACK_H
#define KERNEL_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/cpu.h"

/* Stacks are numbered from 0 without gaps; NULL after the last one. Any context. */
const struct stack *stack_by_number(unsigned number);

/* The stack that holds `address` (a stack pointer equal to `high` counts: that stack is empty), or
 * NULL. */
const struct stack *stack_find(vaddr_t address);

/* The stack whose guard page holds `address`, or NULL; *below says which of its two guards it is.
 */
const struct stack *stack_find_guard(vaddr_t address, bool *below);

/* "boot stack of CPU 0", "double-fault stack of CPU 0": for reports. At most size - 1 characters.
 */
void stack_name(const struct stack *stack, char *text, size_t size);

#endif
