/* What a fault left in the machine's registers, gathered for the report; and the way to it. */
#include "arch/trap.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/user.h"
#include "kernel/address_map.h"
#include "lib/format.h"
#include "lib/string.h"
#include "x86/exceptions.h"
#include "x86/fault_state.h"
#include "x86/paging.h"
#include "x86/registers.h"
#include "x86/trap_frame.h"
#include "x86/traps.h"

#define UD2_BYTES 2

/* One for all CPUs: whoever reports has stopped the others. */
static struct x86_fault_state state;

/* Exceptions that the instruction itself explains. */
#define REFUSED                                                                                    \
    (BIT(X86_EXC_UD) | BIT(X86_EXC_NP) | BIT(X86_EXC_SS) | BIT(X86_EXC_GP) | BIT(X86_EXC_AC))

/* With the FPU switched off, looking at it would be the next fault. */
static void read_float_state(void)
{
    __asm__ volatile("fnstsw %0; fnstcw %1; stmxcsr %2"
                     : "=m"(state.fpu_status), "=m"(state.fpu_control), "=m"(state.mxcsr));
}

static void read_breakpoints(void)
{
    state.breakpoints[0] = x86_read_dr0();
    state.breakpoints[1] = x86_read_dr1();
    state.breakpoints[2] = x86_read_dr2();
    state.breakpoints[3] = x86_read_dr3();
}

/* Returns the level of the root. */
static unsigned walk_live(vaddr_t address, struct page_walk *walk)
{
    struct page_tables tables;

    x86_live_tables(&tables);
    page_tables_walk(&tables, address, walk);
    return tables.levels;
}

/* Ring 3 may touch a page when every level of the tables says so (SDM vol. 3A, 4.6). */
static void look_at_tables(struct fault *fault)
{
    struct page_walk walk;
    unsigned top = walk_live(fault->address, &walk);
    uint64_t rights = PTE_USER;

    for (unsigned level = top; level >= walk.level; level--)
        rights &= walk.entries[level];
    fault->user_page = walk.present && rights;
    fault->damaged_tables =
        walk.unreadable && arch_mmu_is_ready(); /* the loader's are out of reach */
}

/* While the kernel runs a program's GS base is where SWAPGS left it. */
static void read_code(const struct trap_frame *frame)
{
    state.fs_base = x86_read_msr(MSR_FS_BASE);
    state.gs_base = frame->cs & 3 ? x86_read_msr(MSR_KERNEL_GS_BASE) : cpu_self()->trapped_gs;
    state.address_bits = x86_read_cr4() & CR4_LA57 ? 57 : 48;
    state.code_bytes =
        sizeof(state.code) -
        (frame->cs & 3 && frame->rip < USER_END - sizeof(state.code)
             ? arch_user_copy(state.code, (const void *)frame->rip, sizeof(state.code))
             : arch_probe_read(state.code, frame->rip, sizeof(state.code)));
}

void arch_fault_read(const struct trap_frame *frame, struct fault *fault)
{
    unsigned vector = (uint8_t)frame->vector;

    state.cr2 = x86_read_cr2();
    state.dr6 = x86_read_dr6();
    state.dr7 = x86_read_dr7();
    read_breakpoints();
    if (vector == X86_EXC_MF || vector == X86_EXC_XM)
        read_float_state();
    if (vector == X86_EXC_MC)
        machine_check_read(&state);
    x86_fault_decode(frame, &state, fault);
    if (REFUSED >> vector & 1) {
        read_code(frame);
        x86_fault_blame(frame, &state, fault);
    }
    if (fault->has_address)
        look_at_tables(fault);
}

/* Where segments and gates are looked up. */
static size_t tables_text(char *text, size_t size)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } PACKED gdtr, idtr;

    __asm__ volatile("sgdt %0; sidt %1" : "=m"(gdtr), "=m"(idtr));
    return format(text, size, "gdtr %016lx limit %04x  idtr %016lx limit %04x", gdtr.base,
                  gdtr.limit, idtr.base, idtr.limit);
}

size_t arch_fault_detail_line(const struct fault *fault, unsigned number, char *text, size_t size)
{
    text[0] = '\0';
    if (fault->vector == X86_EXC_MC && number < state.bank_count)
        machine_check_bank_text(&state.banks[number], text, size);
    else if (fault->vector == X86_EXC_MC && number == state.bank_count)
        return format(text, size, "mcg_status %lx", state.mc_status);
    else if (REFUSED >> fault->vector & 1 && fault->error != 0 && number == 0)
        return tables_text(text, size);
    else if (fault->vector == X86_EXC_MF && number == 0)
        return format(text, size, "fsw %04x  fcw %04x", state.fpu_status, state.fpu_control);
    else if (fault->vector == X86_EXC_XM && number == 0)
        return format(text, size, "mxcsr %08x", state.mxcsr);
    else if (fault->vector == X86_EXC_DB && number == 0)
        return format(text, size, "dr6 %lx", state.dr6);
    return strlen(text);
}

static const char *const level_names[] = {"", "PT", "PD", "PDPT", "PML4", "PML5"};

size_t arch_fault_entries_text(vaddr_t address, char *text, size_t size)
{
    struct page_walk walk;
    unsigned top = walk_live(address, &walk);
    unsigned last = walk.unreadable ? walk.level + 1 : walk.level;
    size_t length = 0;

    for (unsigned level = top; level >= last; level--)
        length += format(text + length, size - length, "%s%s %lx", length ? "  " : "",
                         level_names[level], walk.entries[level]);
    return length;
}

size_t arch_fault_walk_text(vaddr_t address, char *text, size_t size)
{
    struct page_walk walk;
    unsigned top = walk_live(address, &walk);
    size_t length = 0;

    for (unsigned level = top; level > walk.level; level--)
        length +=
            format(text + length, size - length, "%s[%u] ", level_names[level], walk.index[level]);
    if (walk.unreadable && walk.level == top)
        return format(text, size, "the %s that CR3 names cannot be read", level_names[walk.level]);
    if (walk.unreadable)
        return length + format(text + length, size - length, "names a %s that cannot be read",
                               level_names[walk.level]);
    length += format(text + length, size - length, "%s[%u] ", level_names[walk.level],
                     walk.index[walk.level]);
    if (walk.present)
        return length + format(text + length, size - length, "maps %lx", walk.phys);
    return length + format(text + length, size - length, "not present");
}

void arch_trap_on_stack(const struct trap_frame *frame, vaddr_t top,
                        void (*function)(struct trap_frame *copy))
{
    struct trap_frame *copy = (struct trap_frame *)top - 1;

    *copy = *frame;
    x86_call_on_stack((vaddr_t)copy, function, copy);
}

/* An entry calls C with the frame on top of the stack: below it lie the return address and the frame record
 * at fp. */
bool arch_trap_interrupted(vaddr_t return_address, vaddr_t fp, struct unwind_registers *registers)
{
    struct trap_frame frame;

    if (return_address < (vaddr_t)trap_entries_start ||
        return_address >= (vaddr_t)trap_entries_end ||
        arch_probe_read(&frame, fp + 2 * sizeof(uint64_t), sizeof(frame)) != 0)
        return false;
    *registers = (struct unwind_registers){
        .ip = frame.rip, .sp = frame.rsp, .fp = frame.rbp, .vector = (uint8_t)frame.vector};
    return true;
}

void arch_trap_read_interrupted(const struct trap_frame *frame, struct interrupted *interrupted)
{
    *interrupted = (struct interrupted){.ip = frame->rip,
                                        .vector = (uint8_t)frame->vector,
                                        .user = frame->cs & 3,
                                        .irq_enabled = frame->rflags & RFLAGS_IF};
}

vaddr_t arch_trap_address(const struct trap_frame *frame)
{
    return (uint8_t)frame->vector == X86_EXC_PF ? x86_read_cr2() : 0;
}

void arch_trap_step_over_check(struct trap_frame *frame) { frame->rip += UD2_BYTES; }
