/* The backtrace of a report: the walk of lib/unwind.h over the kernel's stacks. It begins where the fault happened,
 * crosses from interrupt stacks to what was interrupted, and says so. */
#include "report.h"

#include "arch/cpu.h"
#include "kernel/image.h"
#include "kernel/stack.h"
#include "kernel/symbols.h"
#include "lib/format.h"
#include "lib/unwind.h"

#define LINES_MAX  16
#define FRAMES_MAX 10000 /* of them, if they repeat: a stack overflow has thousands */

static bool read_memory(void *context, vaddr_t address, void *to, unsigned bytes)
{
    (void)context;
    return arch_probe_read(to, address, bytes) == 0;
}

static bool find_stack(void *context, vaddr_t address, struct unwind_stack *found)
{
    const struct stack *stack = stack_find(address);

    (void)context;
    if (stack)
        *found = (struct unwind_stack){stack->low, stack->high};
    return stack;
}

static bool is_text(void *context, vaddr_t address)
{
    (void)context;
    return address >= (vaddr_t)kernel_text_start && address < (vaddr_t)kernel_text_end;
}

static vaddr_t function_start(void *context, vaddr_t address)
{
    (void)context;
    return symbols_function_start(address);
}

static bool trap_at(void *context, vaddr_t return_address, vaddr_t fp,
                    struct unwind_registers *interrupted)
{
    (void)context;
    return arch_trap_interrupted(return_address, fp, interrupted);
}

static const struct unwind_world kernel_world = {.read = read_memory,
                                                 .find_stack = find_stack,
                                                 .is_text = is_text,
                                                 .function_start = function_start,
                                                 .trap_at = trap_at};

/* Equal frames in a row, as recursion makes them, are folded into one line with a count. */
struct printer {
    unsigned number, lines, repeats;
    bool guesses; /* the chain broke: what follows was found by searching */
    vaddr_t last;
};

static void end_repeats(struct printer *printer)
{
    if (printer->repeats > 0)
        report_line("", "    the same %u more times", printer->repeats);
    printer->lines += printer->repeats > 0;
    printer->repeats = 0;
}

static void print_seam(struct printer *printer, const struct unwinder *unwinder)
{
    const struct stack *stack = stack_find(unwinder->sp);
    char name[48] = "no stack of the kernel's";

    if (stack)
        stack_name(stack, name, sizeof(name));
    end_repeats(printer);
    report_line("", "--- %s interrupted (%s): ---", arch_trap_mnemonic(unwinder->vector), name);
    printer->lines++;
}

/* A line for the function, and before it one for each call that was inlined into it there. */
static void print_places(struct printer *printer, const struct unwinder *unwinder)
{
    char place[SYMBOL_TEXT_MAX];
    unsigned level = 0;
    bool more;

    do {
        more = symbolize_level(place, sizeof(place), unwinder->ip, !unwinder->is_exact, level++);
        report_line(printer->lines == 0 ? "backtrace" : "", "#%-2u %s%s", printer->number++,
                    printer->guesses ? "? " : "", place);
        printer->lines++;
    } while (more);
}

static void print_frame(struct printer *printer, const struct unwinder *unwinder)
{
    if (unwinder->crossed)
        print_seam(printer, unwinder);
    if (printer->number > 0 && unwinder->ip == printer->last && !unwinder->crossed) {
        printer->repeats++;
        printer->number++;
        return;
    }
    end_repeats(printer);
    print_places(printer, unwinder);
    printer->last = unwinder->ip;
}

static void say_why_it_broke(struct printer *printer, const struct unwinder *unwinder)
{
    static const char *const reasons[] = {
        [UNWIND_BAD_FP] = "the frame pointer does not point up into this stack",
        [UNWIND_UNREADABLE] = "the frame record cannot be read",
        [UNWIND_BAD_RETURN] = "the return address in the frame record is none",
    };

    end_repeats(printer);
    report_line("", "(%s: rbp %016lx; callers that were searched for follow with ?)",
                reasons[unwinder->end], unwinder->fp);
    printer->lines++;
    printer->guesses = true;
}

/* Along the chain, and where that breaks once more by search. */
static bool find_next(struct printer *printer, struct unwinder *unwinder)
{
    if (unwind_next(unwinder))
        return true;
    if (unwinder->end == UNWIND_COMPLETE)
        return false;
    if (!printer->guesses)
        say_why_it_broke(printer, unwinder);
    return unwind_guess(unwinder);
}

/* A second double fault begins at the top of the stack that the first one uses, and overwrites what lies there. */
static bool is_overwritten(const struct unwinder *unwinder)
{
    const struct stack *stack = stack_find(unwinder->sp);

    return unwinder->crossed && cpu_self()->double_fault_depth > 1 && stack == NULL;
}

void backtrace_report(const struct fault *fault)
{
    struct printer printer = {0};
    struct unwinder unwinder;

    if (symbols_problem()) {
        report_line("backtrace", "(no names: the symbol table is unusable: %s)", symbols_problem());
        printer.lines++;
    }
    unwind_start(&unwinder, &kernel_world, fault->ip, fault->sp, fault->fp);
    unwinder.is_exact = !fault->is_trap;
    do {
        if (is_overwritten(&unwinder)) {
            end_repeats(&printer);
            report_line("", "(a second double fault has overwritten what led to the first)");
            return;
        }
        print_frame(&printer, &unwinder);
    } while (printer.lines < LINES_MAX && printer.number < FRAMES_MAX &&
             find_next(&printer, &unwinder));
    end_repeats(&printer);
}
