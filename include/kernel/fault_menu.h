/*
 * The fault menu: entries that make a fault happen by its real cause, so that whoever wants to read a report can have
 * one, and the tests can read them all. The line that provokes carries a comment `fault: NAME`, by which the tests know
 * what the report must name.
 */
#ifndef KERNEL_FAULT_MENU_H
#define KERNEL_FAULT_MENU_H

#include <stdbool.h>
#include <stddef.h>

struct fault_menu_entry {
    const char *name, *what;
    void (*provoke)(void); /* returns where the kernel goes on */
    bool needs_memory;     /* the kernel's own page tables */
    const char *(*lacks)(
        void); /* what this machine lacks for it, or NULL; the pointer may be NULL too */
};

struct fault_menu {
    const struct fault_menu_entry *entries;
    size_t count;
};

/* Memory that must not be touched like this; frames and heap misused; checks that fail; CPUs that wait for one another
 * in vain, or fault together; what the machine refuses. */
extern const struct fault_menu memory_fault_menu, heap_fault_menu, check_fault_menu, cpu_fault_menu,
    arch_fault_menu;

/* The entry no-memory-N of checked builds: the Nth allocation from then on fails. NULL when the name is another. */
const struct fault_menu_entry *heap_fault_failing_allocation(const char *name);

#endif
