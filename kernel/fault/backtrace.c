/*
 * Return addresses along the chain of frame pointers. Each step must lie in a known stack and go
 * upwards, so rubbish ends the walk and cannot make it fault or loop.
 */
#include "report.h"

#include "kernel/image.h"
#include "kernel/stack.h"
#include "kernel/symbols.h"
#include "lib/align.h"

#define FRAMES_MAX 24

static bool is_text(vaddr_t address)
{
    return address >= (vaddr_t)kernel_text_start && address < (vaddr_t)kernel_text_end;
}

/* What a frame pointer points at: the caller's, and where it goes on (System V ABI, AMD64,
 * figure 3.3). */
struct frame_record {
    vaddr_t fp;
    vaddr_t return_address;
};

static const struct frame_record *record_at(vaddr_t fp, const struct stack *stack)
{
    if (!is_aligned(fp, 8) || fp < stack->low || fp > stack->high - sizeof(struct frame_record))
        return NULL;
    return (const struct frame_record *)fp;
}

/* Equal frames in a row, as recursion makes them, are folded into one line with a count. */
struct printer {
    unsigned number, repeats;
    vaddr_t last;
};

static void flush_repeats(struct printer *printer)
{
    if (printer->repeats > 0)
        report_line("", "     the same address %u more times", printer->repeats);
    printer->repeats = 0;
}

/* A line for the function, before it one for each call that was inlined into it there. */
static void print_places(struct printer *printer, vaddr_t address, bool is_return)
{
    char text[SYMBOL_TEXT_MAX];
    unsigned level = 0;

    while (symbolize_level(text, sizeof(text), address, is_return, level++))
        report_line("", "#%-3u %s", printer->number++, text);
    report_line("", "#%-3u %s%s", printer->number, text,
                is_text(address) ? "" : " (not kernel text)");
}

static void print_frame(struct printer *printer, vaddr_t address, bool is_return)
{
    if (printer->number > 0 && address == printer->last) {
        printer->repeats++;
    } else {
        flush_repeats(printer);
        print_places(printer, address, is_return);
    }
    printer->number++;
    printer->last = address;
}

void backtrace_report(vaddr_t ip, bool ip_is_return, vaddr_t sp, vaddr_t fp)
{
    const struct stack *stack = stack_find(fp);
    struct printer printer = {0};
    unsigned lines = 0;

    if (symbols_problem())
        report_line("", "no names: the symbol table is unusable: %s", symbols_problem());
    print_frame(&printer, ip, ip_is_return);
    if (!is_text(ip) && stack_find(sp) && sp < stack_find(sp)->high)
        print_frame(&printer, *(const vaddr_t *)align_down(sp, 8),
                    true); /* a call to nowhere left its caller here only */
    while (stack && lines < FRAMES_MAX) {
        const struct frame_record *record = record_at(fp, stack);

        if (!record || !is_text(record->return_address))
            break;
        lines += record->return_address != printer.last;
        print_frame(&printer, record->return_address, true);
        if (record->fp <= fp)
            break;
        fp = record->fp;
    }
    flush_repeats(&printer);
}
