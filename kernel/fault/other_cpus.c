/*
 * What the other CPUs were doing when the one that reports stopped them: a line for each place, with all the CPUs that
 * were there, so that a machine of hundreds has a few lines too.
 */
#include "report.h"

#include "arch/cpu.h"
#include "arch/trap.h"
#include "kernel/spinlock.h"
#include "kernel/symbols.h"
#include "kernel/time/idle.h"
#include "lib/format.h"

#define LINES_MAX   12
#define TEXT_MAX    300
#define WAITING_MAX 100
#define LIST_MAX    60

/* A second one has no report of its own. */
static void describe_fault(const struct cpu *cpu, const struct trap_frame *frame, char *text,
                           size_t size)
{
    struct interrupted interrupted;
    char place[SYMBOL_TEXT_MAX];

    arch_trap_read_interrupted(frame, &interrupted);
    symbolize(place, sizeof(place), interrupted.ip);
    if (cpu->failed_check.pending)
        format(text, size, "had failed a check too: %s, at %s", cpu->failed_check.text, place);
    else if (cpu->fault_address)
        format(text, size, "had a fault too: %s at %s, address %016lx",
               arch_trap_mnemonic(interrupted.vector), place, cpu->fault_address);
    else
        format(text, size, "had a fault too: %s at %s", arch_trap_mnemonic(interrupted.vector),
               place);
}

static void describe(const struct cpu *cpu, char *text, size_t size)
{
    const struct trap_frame *frame = atomic_load(&cpu->stopped);
    const struct trap_frame *faulted = atomic_load(&cpu->faulted);
    struct interrupted interrupted;
    char place[SYMBOL_TEXT_MAX], waiting[WAITING_MAX];

    if (faulted) {
        describe_fault(cpu, faulted, text, size);
    } else if (!frame) {
        format(text, size, "did not stop");
    } else {
        arch_trap_read_interrupted(frame, &interrupted);
        symbolize(place, sizeof(place), interrupted.ip);
        spinlock_describe_waiting(cpu, waiting, sizeof(waiting));
        if (symbols_function_start(interrupted.ip) == (vaddr_t)idle_wait_cpu)
            format(text, size, "idle");
        else
            format(text, size, "%s%sat %s, %s mode, interrupts %s", waiting, waiting[0] ? ", " : "",
                   place, interrupted.user ? "user" : "kernel",
                   interrupted.irq_enabled ? "on" : "off");
    }
}

/* "1", "1-3", "1-3, 7, 9-F": ids that come in ascending order. */
struct id_list {
    char text[LIST_MAX];
    size_t length;
    unsigned first, last; /* the range that is not written yet */
    unsigned count;
};

static void write_range(struct id_list *list)
{
    size_t room = sizeof(list->text) - list->length;

    if (room < 16) { /* a list that long ends in dots */
        if (list->length && list->text[list->length - 1] != '.')
            list->length += format(list->text + list->length, room, ", ...");
        return;
    }
    list->length += format(list->text + list->length, room, "%s%0*X", list->length ? ", " : "",
                           cpu_id_digits(), list->first);
    if (list->last > list->first)
        list->length += format(list->text + list->length, sizeof(list->text) - list->length,
                               "-%0*X", cpu_id_digits(), list->last);
}

static void add_id(struct id_list *list, unsigned id)
{
    if (list->count++ > 0 && id == list->last + 1) {
        list->last = id;
        return;
    }
    if (list->count > 1)
        write_range(list);
    list->first = list->last = id;
}

/* What a CPU's line follows from, by id. The lines of hundreds are not made to be compared: that took 5 million
 * instructions for each that was written. */
static struct place {
    const struct trap_frame *fault;
    vaddr_t ip; /* 0: it did not stop */
    const struct spinlock *waits_for;
    bool user, irq_enabled;
} places[CPUS_MAX];

static void find_place(const struct cpu *cpu)
{
    const struct trap_frame *frame = atomic_load(&cpu->stopped);
    struct place *place = &places[cpu->id];
    struct interrupted interrupted;

    *place = (struct place){.fault = atomic_load(&cpu->faulted)};
    if (!frame)
        return;
    arch_trap_read_interrupted(frame, &interrupted);
    place->ip = symbols_function_start(interrupted.ip);
    if (place->ip == (vaddr_t)idle_wait_cpu)
        return; /* wherever in it */
    place->ip = interrupted.ip;
    place->waits_for = cpu->waits_for;
    place->user = interrupted.user;
    place->irq_enabled = interrupted.irq_enabled;
}

static bool is_alike(const struct cpu *cpu, const struct cpu *other)
{
    const struct place *place = &places[cpu->id], *others = &places[other->id];

    return place->fault == others->fault && place->ip == others->ip &&
           place->waits_for == others->waits_for && place->user == others->user &&
           place->irq_enabled == others->irq_enabled;
}

/* Whether a CPU before this one was in the same place, and has its line with it. */
static bool is_told(const struct cpu *cpu)
{
    for (const struct cpu *before = cpu_next(NULL); before != cpu; before = cpu_next(before))
        if (before != cpu_self() && is_alike(before, cpu))
            return true;
    return false;
}

static void tell(const struct cpu *cpu, bool first)
{
    struct id_list list = {.count = 0};
    char text[TEXT_MAX];

    describe(cpu, text, sizeof(text));
    for (const struct cpu *other = cpu; other; other = cpu_next(other))
        if (other != cpu_self() && is_alike(cpu, other))
            add_id(&list, other->id);
    write_range(&list);
    report_line(first ? "other CPUs" : "", "%s%s: %s", list.count > 1 ? "CPUs " : "CPU ", list.text,
                text);
}

void report_other_cpus(struct report *report)
{
    const struct cpu *cpu = NULL;
    unsigned lines = 0;

    if (report->check && report->check->goes_on)
        return; /* they were not stopped */
    while ((cpu = cpu_next(cpu)))
        find_place(cpu);
    while ((cpu = cpu_next(cpu))) {
        if (cpu == cpu_self() || is_told(cpu))
            continue;
        if (lines++ == LINES_MAX) {
            report_line("", "(and more: CPUs in other places)");
            return;
        }
        tell(cpu, lines == 1);
    }
}
