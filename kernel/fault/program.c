/* A report about a program's fault: shorter than one about the kernel, with the program's own names, and nothing stops. */
#include "arch/cpu.h"
#include "kernel/address_map.h"
#include "kernel/user/process.h"
#include "lib/elf_symbols.h"
#include "lib/format.h"
#include "lib/unwind.h"
#include "report.h"

#define PLACE_MAX 96
#define LINES_MAX 10

static struct elf_symbols symbols; /* of the program that is reported on */

static void classify(struct report *report)
{
    const struct program *program = report->process->program;

    elf_symbols_read(&symbols, phys_to_virt(program->file), program->size_bytes);
    classify_program_cause(report->process, &report->fault, report->cause, sizeof(report->cause));
}

static void headline(struct report *report)
{
    report_headline("*** FAULT #%s %s, CPU %0*X, program %s, process %lu, report %u",
                    report->fault.mnemonic, report->fault.name, cpu_id_digits(), cpu_self()->id,
                    report->process->program->name, report->process->id, report->number);
}

/* `main+0x1c`, or the address when its file has no name for it. */
static void name_place(char *text, size_t size, vaddr_t address, bool is_return)
{
    struct slice name;
    uint64_t offset;

    if (elf_symbols_find(&symbols, address - is_return, &name, &offset))
        format(text, size, "%.*s+0x%lx", (int)name.length, name.text, offset + is_return);
    else
        format(text, size, "%016lx", address);
}

static void at(struct report *report)
{
    char place[PLACE_MAX];

    name_place(place, sizeof(place), report->fault.ip, report->fault.is_trap);
    report_line("at", "%s", place);
}

static void stack(struct report *report)
{
    vaddr_t sp = report->fault.sp;

    if (sp > USER_STACK_START && sp <= USER_END)
        report_line("stack", "0x%lx of 0x%lx bytes used", USER_END - sp,
                    (unsigned long)(USER_END - USER_STACK_START));
    else
        report_line("stack", "rsp %016lx is not in the stack that it was given", sp);
}

static bool read_memory(void *context, vaddr_t address, void *to, unsigned bytes)
{
    (void)context;
    return report_read(process_current(), to, address, bytes) == 0;
}

/* Any of its memory can be a stack of its own. */
static bool find_stack(void *context, vaddr_t address, struct unwind_stack *found)
{
    const struct region *region = region_list_find(&process_current()->regions, address);

    (void)context;

    if (!region || !(region->rights & MMU_WRITE))
        return false;
    *found = (struct unwind_stack){region->start, region->end};
    return true;
}

static bool is_text(void *context, vaddr_t address)
{
    const struct region *region = region_list_find(&process_current()->regions, address);

    (void)context;

    return region && region->rights & MMU_EXECUTE;
}

static vaddr_t function_start(void *context, vaddr_t address)
{
    struct slice name;
    uint64_t offset;

    (void)context;
    return elf_symbols_find(&symbols, address, &name, &offset) ? address - offset : 0;
}

static bool no_trap(void *context, vaddr_t return_address, vaddr_t fp,
                    struct unwind_registers *interrupted)
{
    (void)context;
    (void)return_address;
    (void)fp;
    (void)interrupted;
    return false;
}

static void backtrace(struct report *report)
{
    const struct unwind_world world = {.read = read_memory,
                                       .find_stack = find_stack,
                                       .is_text = is_text,
                                       .function_start = function_start,
                                       .trap_at = no_trap};
    struct unwinder unwinder;
    char place[PLACE_MAX];
    unsigned number = 0;

    unwind_start(&unwinder, &world, report->fault.ip, report->fault.sp, report->fault.fp);
    unwinder.is_exact = !report->fault.is_trap;
    do {
        name_place(place, sizeof(place), unwinder.ip, !unwinder.is_exact);
        report_line(number == 0 ? "backtrace" : "", "#%-2u %s", number, place);
    } while (++number < LINES_MAX && unwind_next(&unwinder));
}

static void next(struct report *report)
{
    report_line("next", "process %lu ends; everything else goes on", report->process->id);
}

report_section_t *const report_program_sections[] = {
    classify, headline,         report_cause, at,        report_error, report_address,
    stack,    report_registers, report_code,  backtrace, next,         NULL,
};
