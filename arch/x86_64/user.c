/*
 * Running programs: their registers in and out of a CPU. General registers and the frame are user_entry.S's business;
 * here are the rest of them, and what a program may never have: other selectors than its own, flags that are the kernel's,
 * an address outside the user half to go on at.
 */
#include "arch/user.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/user/user_fault.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "x86/cpuid.h"
#include "x86/descriptors.h"
#include "x86/exceptions.h"
#include "x86/registers.h"
#include "x86/user_state.h"

/* What a program may set: everything else in RFLAGS is the kernel's. */
#define RFLAGS_OF_PROGRAMS                                                                         \
    (RFLAGS_STATUS | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC | RFLAGS_ID)

#define HANDLED                                                                                    \
    (BIT(X86_EXC_DE) | BIT(X86_EXC_BP) | BIT(X86_EXC_UD) | BIT(X86_EXC_GP) | BIT(X86_EXC_PF))

void arch_user_init(void) { x86_fpu_init(); }

/* SYSCALL takes CS from STAR[47:32], SYSRET from STAR[63:48] + 16 (SDM vol. 3A, 5.8.8). SYSENTER without a code segment
 * is #GP. GS of programs is 0 until they ask for another. */
void arch_user_init_cpu(void)
{
    x86_write_msr(MSR_STAR,
                  (uint64_t)SELECTOR_USER_BASE << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
    x86_write_msr(MSR_LSTAR, (uint64_t)system_call_entry);
    x86_write_msr(MSR_SYSCALL_MASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL | RFLAGS_NT |
                                        RFLAGS_RF | RFLAGS_AC);
    x86_write_msr(MSR_SYSENTER_CS, 0);
    x86_write_msr(MSR_KERNEL_GS_BASE, 0);
    x86_write_msr(MSR_FS_BASE, 0);
}

size_t arch_user_state_bytes(void) { return sizeof(struct user_state) + x86_fpu_bytes(); }

void arch_user_state_init(struct user_state *state, vaddr_t entry, vaddr_t stack)
{
    memset(state, 0, sizeof(*state));
    state->frame.rip = entry;
    state->frame.rsp = stack;
    state->frame.cs = SELECTOR_USER_CODE;
    state->frame.ss = SELECTOR_USER_DATA;
    state->frame.rflags = RFLAGS_FIXED | RFLAGS_IF;
    x86_fpu_reset(state->fpu);
}

/* A program can only have loaded selectors that are valid for it. Loading GS changes the base that the kernel uses at this
 * moment: it is put back before anything needs it, and an NMI between finds its own way. */
static void write_selectors(const struct user_state *state)
{
    __asm__ volatile("mov %0, %%ds; mov %1, %%es; mov %2, %%fs"
                     :
                     : "m"(state->ds), "m"(state->es), "m"(state->fs));
    __asm__ volatile("mov %0, %%gs; wrmsr"
                     :
                     : "m"(state->gs), "c"(MSR_GS_BASE), "a"((uint32_t)(uintptr_t)cpu_self()),
                       "d"((uint32_t)((uintptr_t)cpu_self() >> 32))
                     : "memory");
}

static void write_bases(vaddr_t fs, vaddr_t gs)
{
    x86_write_msr(MSR_FS_BASE, fs);
    x86_write_msr(MSR_KERNEL_GS_BASE, gs);
}

/* Most programs use neither selectors nor bases, and leave none behind: see save(). */
static void load(const struct user_state *state)
{
    if (state->selectors != 0)
        write_selectors(state);
    if ((state->fs_base | state->gs_base) != 0)
        write_bases(state->fs_base, state->gs_base);
    x86_fpu_load(state->fpu);
}

/* A program without CR4.FSGSBASE can change bases only by way of the kernel, or to 0 by loading a selector. */
static void save(struct user_state *state)
{
    static const struct user_state none;

    x86_fpu_save(state->fpu);
    __asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                     : "=m"(state->ds), "=m"(state->es), "=m"(state->fs), "=m"(state->gs));
    if ((state->fs_base | state->gs_base) != 0) {
        state->fs_base = x86_read_msr(MSR_FS_BASE);
        state->gs_base = x86_read_msr(MSR_KERNEL_GS_BASE);
        write_bases(0, 0);
    }
    if (state->selectors != 0)
        write_selectors(&none);
}

void arch_user_run(struct user_state *state, bool repeat_call)
{
    struct x86_cpu *cpu = (struct x86_cpu *)cpu_self();

    cpu->tss.rsp[0] = (uint64_t)(&state->frame + 1);
    cpu->common.user = state;
    load(state);
    if (repeat_call)
        x86_user_repeat_call(&state->frame);
    x86_user_enter();
    save(state);
    cpu->common.user = NULL;
}

uint64_t arch_user_call_number(const struct user_state *state) { return state->frame.rax; }

void arch_user_add_one(struct user_state *state)
{
    state->frame.rdi++;
    state->frame.rsi++;
    state->frame.rdx++;
    state->frame.r10++;
    state->frame.r8++;
    state->frame.r9++;
}

const struct trap_frame *arch_user_frame(const struct user_state *state) { return &state->frame; }

bool arch_user_read_fault(const struct user_state *state, struct fl_fault *fault)
{
    const struct trap_frame *frame = &state->frame;
    unsigned vector = (uint8_t)frame->vector;

    if (vector >= X86_EXCEPTION_COUNT || !(HANDLED >> vector & 1))
        return false;
    *fault = (struct fl_fault){.rax = frame->rax,
                               .rbx = frame->rbx,
                               .rcx = frame->rcx,
                               .rdx = frame->rdx,
                               .rsi = frame->rsi,
                               .rdi = frame->rdi,
                               .rbp = frame->rbp,
                               .r8 = frame->r8,
                               .r9 = frame->r9,
                               .r10 = frame->r10,
                               .r11 = frame->r11,
                               .r12 = frame->r12,
                               .r13 = frame->r13,
                               .r14 = frame->r14,
                               .r15 = frame->r15,
                               .rip = frame->rip,
                               .rsp = frame->rsp,
                               .rflags = frame->rflags,
                               .vector = vector,
                               .error = frame->error,
                               .address = vector == X86_EXC_PF ? x86_read_cr2() : 0};
    return true;
}

void arch_user_restore_fault(const struct fl_fault *fault) { x86_write_cr2(fault->address); }

void arch_user_describe_fault(const struct user_state *state, struct fl_end *end)
{
    end->code = (uint8_t)state->frame.vector;
    end->error = state->frame.error;
    end->address = arch_trap_address(&state->frame);
}

void arch_user_call_handler(struct user_state *state, vaddr_t handler, vaddr_t frame)
{
    state->frame.rip = handler;
    state->frame.rsp = frame - sizeof(uint64_t);
    state->frame.rdi = frame;
    state->frame.rflags = RFLAGS_FIXED | RFLAGS_IF;
}

/* By IRETQ: RCX and R11 are not where SYSRET wants the address and the flags. */
status_t arch_user_resume(struct user_state *state, const struct fl_fault *fault)
{
    if (fault->rip >= USER_END)
        return ERR_BAD_ADDRESS;
    state->frame = (struct trap_frame){.rax = fault->rax,
                                       .rbx = fault->rbx,
                                       .rcx = fault->rcx,
                                       .rdx = fault->rdx,
                                       .rsi = fault->rsi,
                                       .rdi = fault->rdi,
                                       .rbp = fault->rbp,
                                       .r8 = fault->r8,
                                       .r9 = fault->r9,
                                       .r10 = fault->r10,
                                       .r11 = fault->r11,
                                       .r12 = fault->r12,
                                       .r13 = fault->r13,
                                       .r14 = fault->r14,
                                       .r15 = fault->r15,
                                       .rip = fault->rip,
                                       .rsp = fault->rsp,
                                       .cs = SELECTOR_USER_CODE,
                                       .ss = SELECTOR_USER_DATA,
                                       .rflags = (fault->rflags & RFLAGS_OF_PROGRAMS) |
                                                 RFLAGS_FIXED | RFLAGS_IF};
    return STATUS_OK;
}

void arch_user_set_bases(struct user_state *state, vaddr_t fs, vaddr_t gs)
{
    state->fs_base = fs;
    state->gs_base = gs;
    write_bases(fs, gs);
}

/* What a page fault needs: error code bits as in SDM vol. 3A, 4.7. */
static unsigned needed_rights(uint64_t error)
{
    return (error & PF_WRITE ? MMU_WRITE : 0) | (error & PF_FETCH ? MMU_EXECUTE : 0);
}

bool arch_user_is_copying(const struct trap_frame *frame, vaddr_t *address, unsigned *needs)
{
    *address = x86_read_cr2();
    *needs = needed_rights(frame->error);
    return !(frame->cs & 3) && frame->rip >= (uint64_t)arch_user_copy &&
           frame->rip < (uint64_t)user_copy_end && !(frame->error & PF_PRESENT);
}

/* DR6 only ever gains bits: what it says of this exception must not be said of the next (SDM vol. 3B, 17.2.3). */
NOINLINE static void handle_exception(void)
{
    uint64_t vector = cpu_self()->user->frame.vector;

    user_fault();
    if (vector == X86_EXC_DB)
        x86_write_dr6(DR6_INIT);
}

/* The commonest by far first. */
void trap_user_exception(struct trap_frame *frame)
{
    if (frame->vector != X86_EXC_PF || frame->error & PF_PRESENT ||
        !user_fill_page(x86_read_cr2(), needed_rights(frame->error)))
        handle_exception();
}
