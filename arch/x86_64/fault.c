/* A trap frame and the control registers, told in words: the machine's half of the fault report. */
#include "arch/trap.h"

#include "arch/cpu.h"
#include "lib/format.h"
#include "lib/string.h"
#include "x86/cpuid.h"
#include "x86/exceptions.h"
#include "x86/paging.h"
#include "x86/registers.h"
#include "x86/trap_frame.h"

/* Page-fault error code (SDM vol. 3A, figure 4-12). */
#define PF_PRESENT  BIT(0)
#define PF_WRITE    BIT(1)
#define PF_USER     BIT(2)
#define PF_RESERVED BIT(3)
#define PF_FETCH    BIT(4)
#define PF_KEY      BIT(5)
#define PF_SHADOW   BIT(6)
#define PF_SGX      BIT(15)
#define PF_KNOWN    (BIT_RANGE(6, 0) | PF_SGX)

/* Selector error code (SDM vol. 3A, 6.13). */
#define SELECTOR_EXTERNAL BIT(0)
#define SELECTOR_IDT      BIT(1)
#define SELECTOR_LDT      BIT(2)

static const struct exception_words {
    const char *mnemonic, *name, *meaning;
} exceptions[X86_EXCEPTION_COUNT] = {
#define X(vector, mnemonic, name, ist, dpl) [vector] = {#mnemonic, name, NULL},
    X86_EXCEPTIONS(X)
#undef X
};

static const char *const meanings[X86_EXCEPTION_COUNT] = {
    [X86_EXC_DE] = "division by zero, or a quotient too large for its register",
    [X86_EXC_DB] = "a debug event that nobody asked for",
    [X86_EXC_OF] = "an overflow that INTO found",
    [X86_EXC_BR] = "an index outside the bounds that BOUND was given",
    [X86_EXC_UD] = "the bytes at rip are not an instruction that this CPU allows here",
    [X86_EXC_NM] = "an FPU instruction while the FPU is switched off",
    [X86_EXC_DF] = "an exception came up while another was delivered, most often because its stack "
                   "is unusable",
    [X86_EXC_TS] = "the task state segment is not valid",
    [X86_EXC_NP] = "a segment or gate that is not present",
    [X86_EXC_SS] = "a stack access that is non-canonical, or a bad stack segment",
    [X86_EXC_GP] = "a non-canonical address, a privileged operation or a bad selector",
    [X86_EXC_MF] = "an unmasked x87 floating-point error",
    [X86_EXC_AC] = "a misaligned access while alignment is checked",
    [X86_EXC_MC] = "the hardware reports an error of its own",
    [X86_EXC_XM] = "an unmasked SIMD floating-point error",
    [X86_EXC_VE] = "the hypervisor's page tables forbid an access",
    [X86_EXC_CP] = "a return address or an indirect branch target that the shadow stack or ENDBR "
                   "does not confirm",
    [X86_EXC_HV] = "an event that the hypervisor injected",
    [X86_EXC_VC] = "an instruction that the hypervisor must be asked about",
    [X86_EXC_SX] = "a security event of the secure virtual machine",
};

static void page_fault_words(uint64_t error, char *text, size_t size)
{
    static const struct {
        uint64_t bit;
        const char *word;
    } rare[] = {{PF_RESERVED, ", reserved bit set"},
                {PF_KEY, ", protection key"},
                {PF_SHADOW, ", shadow stack"},
                {PF_SGX, ", SGX"},
                {~PF_KNOWN, ", unknown bits"}};
    size_t length =
        format(text, size, "%s, %s, %s", error & PF_PRESENT ? "page present" : "page not present",
               error & PF_FETCH   ? "instruction fetch"
               : error & PF_WRITE ? "write"
                                  : "read",
               error & PF_USER ? "user" : "supervisor");

    for (unsigned i = 0; i < ARRAY_COUNT(rare); i++)
        if (error & rare[i].bit)
            length += format(text + length, size - length, "%s", rare[i].word);
}

static void selector_words(uint64_t error, char *text, size_t size)
{
    if (error == 0) {
        format(text, size, "no selector is to blame");
        return;
    }
    format(text, size, "%s entry 0x%lx%s",
           error & SELECTOR_IDT   ? "IDT"
           : error & SELECTOR_LDT ? "LDT"
                                  : "GDT",
           (unsigned long)bits_get(error, 15, 3),
           error & SELECTOR_EXTERNAL ? ", while an event from outside was delivered" : "");
}

static void read_error(struct fault *fault, uint64_t error)
{
    fault->error = error;
    fault->has_error =
        fault->vector < X86_EXCEPTION_COUNT && (X86_EXC_WITH_ERROR_CODE >> fault->vector & 1);
    switch (fault->vector) {
    case X86_EXC_PF:
        page_fault_words(error, fault->error_text, sizeof(fault->error_text));
        break;
    case X86_EXC_TS:
    case X86_EXC_NP:
    case X86_EXC_SS:
    case X86_EXC_GP:
        selector_words(error, fault->error_text, sizeof(fault->error_text));
        break;
    default:
        format(fault->error_text, sizeof(fault->error_text),
               error ? "no bit of it is defined" : "always 0");
    }
}

static void read_page_fault(struct fault *fault)
{
    fault->has_address = true;
    fault->not_present = !(fault->error & PF_PRESENT);
    fault->reserved_bit = fault->error & PF_RESERVED;
    fault->access = fault->error & PF_FETCH   ? FAULT_EXECUTE
                    : fault->error & PF_WRITE ? FAULT_WRITE
                                              : FAULT_READ;
}

/*
 * A push onto an unmapped stack is a page fault that cannot be pushed either: the double fault then
 * finds its address in CR2. CR2 belongs to this fault only when it lies where that push went: just
 * below RSP.
 */
static void read_double_fault(struct fault *fault)
{
    if (fault->address >= fault->sp || fault->sp - fault->address > PAGE_SIZE)
        return;
    fault->has_address = true;
    fault->not_present = true;
    fault->stack_unusable = true;
    fault->access = FAULT_WRITE;
}

void arch_fault_read(const struct trap_frame *frame, struct fault *fault)
{
    unsigned vector = (uint8_t)frame->vector;

    *fault = (struct fault){.address = x86_read_cr2(),
                            .vector = vector,
                            .mnemonic = "--",
                            .name = "reserved exception",
                            .meaning = "an exception that no manual describes",
                            .user = frame->cs & 3,
                            .ip = frame->rip,
                            .sp = frame->rsp,
                            .fp = frame->rbp};
    if (vector < X86_EXCEPTION_COUNT && exceptions[vector].name) {
        fault->mnemonic = exceptions[vector].mnemonic;
        fault->name = exceptions[vector].name;
        fault->meaning = meanings[vector] ? meanings[vector] : fault->name;
    }
    read_error(fault, frame->error);
    if (vector == X86_EXC_PF)
        read_page_fault(fault);
    else if (vector == X86_EXC_DF)
        read_double_fault(fault);
}

static size_t flags_line(const struct trap_frame *frame, char *text, size_t size)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } names[] = {{0, "CF"}, {2, "PF"},  {4, "AF"},  {6, "ZF"},  {7, "SF"},  {8, "TF"},
                 {9, "IF"}, {10, "DF"}, {11, "OF"}, {14, "NT"}, {16, "RF"}, {18, "AC"}};
    size_t length = format(text, size, "rip %016lx  cs %04lx  ss %04lx  rflags %08lx [", frame->rip,
                           frame->cs, frame->ss, frame->rflags);
    const char *gap = "";

    for (unsigned i = 0; i < ARRAY_COUNT(names); i++)
        if (frame->rflags & BIT(names[i].bit)) {
            length += format(text + length, size - length, "%s%s", gap, names[i].name);
            gap = " ";
        }
    return length + format(text + length, size - length, "]");
}

size_t arch_fault_register_line(const struct trap_frame *frame, unsigned number, char *text,
                                size_t size)
{
    switch (number) {
    case 0:
        return format(text, size, "rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx", frame->rax,
                      frame->rbx, frame->rcx, frame->rdx);
    case 1:
        return format(text, size, "rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx", frame->rsi,
                      frame->rdi, frame->rbp, frame->rsp);
    case 2:
        return format(text, size, "r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx", frame->r8,
                      frame->r9, frame->r10, frame->r11);
    case 3:
        return format(text, size, "r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx", frame->r12,
                      frame->r13, frame->r14, frame->r15);
    case 4:
        return flags_line(frame, text, size);
    case 5:
        return format(text, size, "cr0 %016lx  cr3 %016lx  cr4 %016lx  efer %lx", x86_read_cr0(),
                      x86_read_cr3(), x86_read_cr4(), x86_read_msr(MSR_EFER));
    case 6:
        return format(text, size, "fs base %016lx  gs base %016lx  kernel gs base %016lx",
                      x86_read_msr(MSR_FS_BASE), x86_read_msr(MSR_GS_BASE),
                      x86_read_msr(MSR_KERNEL_GS_BASE));
    default:
        return 0;
    }
}

size_t arch_fault_walk_text(vaddr_t address, char *text, size_t size)
{
    static const char *const level_names[] = {"", "PT", "PD", "PDPT", "PML4", "PML5"};
    struct page_tables tables;
    struct page_walk walk;
    size_t length = 0;

    x86_live_tables(&tables);
    page_tables_walk(&tables, address, &walk);
    for (unsigned level = tables.levels; level > walk.level; level--)
        length +=
            format(text + length, size - length, "%s[%u] ", level_names[level], walk.index[level]);
    if (walk.unreadable)
        return length + format(text + length, size - length, "the %s cannot be read",
                               level_names[walk.level]);
    length += format(text + length, size - length, "%s[%u] ", level_names[walk.level],
                     walk.index[walk.level]);
    if (walk.present)
        return length + format(text + length, size - length, "maps %lx, entry %lx", walk.phys,
                               walk.entries[walk.level]);
    return length + format(text + length, size - length, "not present");
}
