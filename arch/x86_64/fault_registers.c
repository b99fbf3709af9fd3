/* The register block of the fault report, line by line. */
#include "arch/trap.h"

#include "arch/cpu.h"
#include "lib/compiler.h"
#include "lib/format.h"
#include "x86/control.h"
#include "x86/registers.h"
#include "x86/trap_frame.h"

static size_t flags_line(const struct trap_frame *frame, char *text, size_t size)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } names[] = {{0, "CF"},  {2, "PF"},  {4, "AF"},  {6, "ZF"},  {7, "SF"},
                 {8, "TF"},  {9, "IF"},  {10, "DF"}, {11, "OF"}, {14, "NT"},
                 {16, "RF"}, {17, "VM"}, {18, "AC"}, {21, "ID"}};
    size_t length =
        format(text, size, "rip %016lx  cs %04lx  ss %04lx  rflags %08lx [IOPL %lu", frame->rip,
               frame->cs, frame->ss, frame->rflags, bits_get(frame->rflags, 13, 12));

    for (unsigned i = 0; i < ARRAY_COUNT(names); i++)
        if (frame->rflags & BIT(names[i].bit))
            length += format(text + length, size - length, " %s", names[i].name);
    return length + format(text + length, size - length, "]");
}

static uint16_t task_register(void)
{
    uint16_t selector;

    __asm__ volatile("str %0" : "=r"(selector));
    return selector;
}

static size_t control_line(char *text, size_t size)
{
    return format(text, size, "cr0 %08lx  cr3 %016lx  cr4 %08lx  efer %lx  tr %04x  xcr0 %lx",
                  x86_read_cr0(), x86_read_cr3(), x86_read_cr4(), x86_read_msr(MSR_EFER),
                  task_register(), x86_current_xcr0());
}

static size_t segment_line(char *text, size_t size)
{
    return format(text, size, "fs base %016lx  gs base %016lx  kernel gs base %016lx",
                  x86_read_msr(MSR_FS_BASE), cpu_self()->trapped_gs,
                  x86_read_msr(MSR_KERNEL_GS_BASE));
}

/* While the kernel runs the program's GS base is where SWAPGS left it. */
static size_t program_segment_line(char *text, size_t size)
{
    return format(text, size, "fs base %016lx  gs base %016lx", x86_read_msr(MSR_FS_BASE),
                  x86_read_msr(MSR_KERNEL_GS_BASE));
}

/* Only where somebody uses them. */
static size_t debug_line(char *text, size_t size)
{
    if (x86_read_dr7() == DR7_INIT && x86_read_dr6() == DR6_INIT)
        return 0;
    return format(text, size, "dr0 %lx  dr1 %lx  dr2 %lx  dr3 %lx  dr6 %lx  dr7 %lx",
                  x86_read_dr0(), x86_read_dr1(), x86_read_dr2(), x86_read_dr3(), x86_read_dr6(),
                  x86_read_dr7());
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
        return frame->cs & 3 ? program_segment_line(text, size) : control_line(text, size);
    case 6:
        return frame->cs & 3 ? 0 : segment_line(text, size);
    case 7:
        return debug_line(text, size);
    default:
        return 0;
    }
}

const uint64_t *arch_fault_general_registers(const struct trap_frame *frame,
                                             const char *const **names)
{
    static const char *const in_frame_order[ARCH_GENERAL_REGISTERS] = {
        "r15", "r14", "r13", "r12", "r11", "r10", "r9", "r8",
        "rbp", "rdi", "rsi", "rdx", "rcx", "rbx", "rax"};

    *names = in_frame_order;
    return &frame->r15;
}
