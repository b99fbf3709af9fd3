/*
 * One table of handlers for all 256 vectors, and the handlers that belong to nobody else. Exceptions without
 * a handler of their own end in a fault report; interrupts that nobody waited for are counted and
 * named once.
 */
#include "arch/trap.h"

#include "arch/cpu.h"
#include "arch/smp.h"
#include "arch/timer.h"
#include "arch/user.h"
#include "kernel/fault.h"
#include "kernel/log.h"
#include "kernel/symbols.h"
#include "kernel/user/user_fault.h"
#include "kernel/watchdog.h"
#include "x86/exceptions.h"
#include "x86/firmware.h"
#include "x86/lapic.h"
#include "x86/pic.h"
#include "x86/registers.h"
#include "x86/trap_frame.h"
#include "x86/traps.h"

static trap_handler_t on_breakpoint, on_nmi, on_page_fault, on_unexpected;

static trap_handler_t *handlers[TRAP_VECTOR_COUNT] = {
    [X86_EXC_DE... X86_EXC_DB] = fault_report_trap,
    [X86_EXC_NMI] = on_nmi,
    [X86_EXC_BP] = on_breakpoint,
    [X86_EXC_OF... X86_EXC_GP] = fault_report_trap,
    [X86_EXC_PF] = on_page_fault,
    [X86_EXC_PF + 1 ... X86_EXCEPTION_COUNT - 1] = fault_report_trap,
    [X86_EXCEPTION_COUNT... TRAP_VECTOR_COUNT - 1] = on_unexpected,
};

static uint32_t unexpected_counts[TRAP_VECTOR_COUNT];

/* #DB, NMI and #MC come unasked for, also between another exception and its handler's reading of CR2 or DR6: they
 * leave both as they find them. */
static void handle_unasked_for(struct trap_frame *frame, unsigned vector)
{
    uint64_t address = x86_read_cr2(), debug_status = x86_read_dr6();
    uint32_t is_nmi = vector == X86_EXC_NMI;

    cpu_self()->nmi_depth += is_nmi;
    handlers[vector](frame);
    cpu_self()->nmi_depth -= is_nmi;
    if (x86_read_cr2() != address)
        x86_write_cr2(address);
    if (vector != X86_EXC_DB && x86_read_dr6() != debug_status)
        x86_write_dr6(debug_status);
}

/* A second double fault on top of the first has overwritten its frame: no other handler may run. */
static void handle_double_fault(struct trap_frame *frame)
{
    if (cpu_self()->double_fault_depth++ > 0) {
        fault_report_trap(frame);
        return;
    }
    handlers[X86_EXC_DF](frame);
}

void trap_on_interrupt_stack(struct trap_frame *frame)
{
    unsigned vector = (uint8_t)frame->vector;

    if (vector == X86_EXC_DF)
        handle_double_fault(frame);
    else
        handle_unasked_for(frame, vector);
}

void trap_exception(struct trap_frame *frame) { handlers[(uint8_t)frame->vector](frame); }

/* Drawing takes long: it waits for the interrupt's end, and for code that can be interrupted. */
void trap_interrupt(struct trap_frame *frame)
{
    handlers[(uint8_t)frame->vector](frame);
    if (log_drawing_is_due && frame->rflags & RFLAGS_IF)
        log_draw_after_interrupt();
}

trap_handler_t *trap_set_handler(unsigned vector, trap_handler_t *handler)
{
    trap_handler_t *before = handlers[vector];

    handlers[vector] = handler;
    return before;
}

uint32_t arch_irq_unexpected_count(unsigned vector) { return unexpected_counts[vector]; }

/* RIP is past the INT3 (a trap, SDM vol. 3A, 6.15): going on needs nothing but the return. */
static void on_breakpoint(struct trap_frame *frame)
{
    char where[SYMBOL_TEXT_MAX];

    symbolize(where, sizeof(where), frame->rip - 1);
    log_info("breakpoint at %s", where);
    log_info("  rip %016lx cs %04lx rflags %08lx rsp %016lx ss %04lx", frame->rip, frame->cs,
             frame->rflags, frame->rsp, frame->ss);
}

static void on_nmi(struct trap_frame *frame)
{
    char where[SYMBOL_TEXT_MAX];

    if (x86_firmware_is_overdue(frame))
        return;
    if (arch_smp_is_stopping())
        arch_smp_stop_here(frame);
    if (watchdog_was_asked(frame))
        return;
    symbolize(where, sizeof(where), frame->rip);
    cpu_self()->nmi_count++;
    log_warn("NMI number %lu on this CPU, at %s, rflags %08lx", cpu_self()->nmi_count, where,
             frame->rflags);
}

static void on_page_fault(struct trap_frame *frame)
{
    vaddr_t address;
    unsigned needs;

    if (!arch_user_is_copying(frame, &address, &needs) || !user_fill_page(address, needs))
        fault_report_trap(frame);
}

static const char *origin(unsigned vector)
{
    if (vector >= VECTOR_PIC_FIRST && vector <= VECTOR_PIC_SPURIOUS_2)
        return "a PIC line, although all are masked";
    if (vector == VECTOR_LAPIC_TIMER)
        return "the local APIC's timer before it was started";
    return "a vector that nothing was set up for";
}

static void on_unexpected(struct trap_frame *frame)
{
    unsigned vector = (uint8_t)frame->vector;

    bool from_lapic =
        lapic_is_ready() && lapic_in_service(vector); /* else the PIC's, or an INT instruction's */
    bool pic_may_invent_it = vector == VECTOR_PIC_SPURIOUS_1 || vector == VECTOR_PIC_SPURIOUS_2;

    if (!from_lapic && pic_may_invent_it && pic_take_spurious(vector)) {
        cpu_self()->spurious_count++;
        return;
    }
    if (++unexpected_counts[vector] == 1)
        log_warn("unexpected interrupt: vector %02x, %s; from now on it is only counted", vector,
                 origin(vector));
    if (from_lapic)
        lapic_eoi();
}
