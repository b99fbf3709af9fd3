/* The way from fault=NAME to the entry that provokes it. */
#include "kernel/fault.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/cpu_call.h"
#include "kernel/fault_menu.h"
#include "kernel/log.h"
#include "lib/string.h"

static const struct fault_menu *const menus[] = {
    &memory_fault_menu, &heap_fault_menu, &check_fault_menu, &cpu_fault_menu, &arch_fault_menu};

static void print_menu(void)
{
    for (unsigned m = 0; m < ARRAY_COUNT(menus); m++)
        for (size_t i = 0; i < menus[m]->count; i++)
            log_info("fault=%-20s %s", menus[m]->entries[i].name, menus[m]->entries[i].what);
}

static const struct fault_menu_entry *find_entry(const char *name)
{
    for (unsigned m = 0; m < ARRAY_COUNT(menus); m++)
        for (size_t i = 0; i < menus[m]->count; i++)
            if (strcmp(menus[m]->entries[i].name, name) == 0)
                return &menus[m]->entries[i];
    return heap_fault_failing_allocation(name);
}

static void provoke_here(void *entry) { ((const struct fault_menu_entry *)entry)->provoke(); }

/* On the boot CPU here and now, on another one as soon as it idles. */
static void provoke_on(unsigned id, const struct fault_menu_entry *entry)
{
    struct fault_menu_entry copy = *entry;
    struct cpu *cpu = cpu_by_id(id);

    if (!cpu) {
        log_warn("fault=%s@%X: CPU %X does not run", entry->name, id, id);
        return;
    }
    log_info("fault=%s: %s", entry->name, entry->what);
    if (cpu == cpu_self())
        entry->provoke();
    else
        cpu_run(cpu, provoke_here, &copy);
}

static void provoke(const struct fault_menu_entry *entry, unsigned cpu, const char *stage)
{
    const char *lack = entry->lacks ? entry->lacks() : NULL;

    if (lack) {
        log_warn("fault=%s: not possible on this machine: %s", entry->name, lack);
    } else if (entry->needs_memory && !arch_mmu_is_ready()) {
        log_warn("fault=%s: not possible at stage %s, the kernel's own page tables come later",
                 entry->name, stage);
    } else {
        provoke_on(cpu, entry);
    }
}

void fault_menu_at_stage(const struct options *options, const char *stage)
{
    const struct fault_menu_entry *entry = find_entry(options->fault);

    if (options->fault[0] == '\0' || strcmp(options->fault_stage, stage) != 0)
        return;
    if (strcmp(options->fault, "list") == 0)
        print_menu();
    else if (entry)
        provoke(entry, options->fault_cpu, stage);
    else
        log_warn("fault=%s: there is no such fault; fault=list names them all", options->fault);
}
