/*
 * The first CPU's structure, descriptor tables and stacks. They are static and complete before the
 * first instruction, so that start.S can load them with no memory manager in sight. Other CPUs get
 * theirs from the vmap area.
 */
#include "x86/descriptors.h"

#include "x86/trap_frame.h"

/* Each stack between two guard pages of its own, so that the page that is hit tells which stack it was. */
struct guarded_stack {
    uint8_t guard_below[PAGE_SIZE];
    uint8_t stack[INTERRUPT_STACK_BYTES];
    uint8_t guard_above[PAGE_SIZE];
};

static struct boot_stacks {
    uint8_t guard_below[PAGE_SIZE];
    uint8_t main[BOOT_STACK_BYTES];
    uint8_t guard_above[PAGE_SIZE];
    struct guarded_stack interrupt[IST_COUNT], panic;
} boot_stacks SECTION(".bss.boot_stacks") ALIGNED(4096);

#define BOOT_STACK(array)                                                                          \
    {                                                                                              \
        .low = (vaddr_t)(array), .high = (vaddr_t)(array) + sizeof(array)                          \
    }
#define BOOT_IST(number)                                                                           \
    ((uint64_t)boot_stacks.interrupt[(number)-1].stack + INTERRUPT_STACK_BYTES - IST_TOP_BYTES)

/* clang-format off */
struct x86_cpu boot_cpu = {
    .common = {
        .self = &boot_cpu.common,
        .online = true,
        .stacks = {
            [STACK_MAIN] = BOOT_STACK(boot_stacks.main),
            [STACK_DB]   = BOOT_STACK(boot_stacks.interrupt[STACK_DB - 1].stack),
            [STACK_NMI]  = BOOT_STACK(boot_stacks.interrupt[STACK_NMI - 1].stack),
            [STACK_DF]   = BOOT_STACK(boot_stacks.interrupt[STACK_DF - 1].stack),
            [STACK_MC]   = BOOT_STACK(boot_stacks.interrupt[STACK_MC - 1].stack),
            [STACK_PANIC] = BOOT_STACK(boot_stacks.panic.stack),
        },
    },
    .gdt = {
        [GDT_KERNEL_CODE] = SEG_DESC_CODE,
        [GDT_KERNEL_DATA] = SEG_DESC_DATA,
        [GDT_USER_CODE32] = 0,
        [GDT_USER_DATA]   = SEG_DESC_DATA | SEG_DPL3,
        [GDT_USER_CODE]   = SEG_DESC_CODE | SEG_DPL3,
        [GDT_TSS]         = SEG_DESC_TSS, /* base: start.S */
    },
    .tss = {
        .rsp = {(uint64_t)boot_stacks.main + BOOT_STACK_BYTES},
        .ist = {BOOT_IST(STACK_DB), BOOT_IST(STACK_NMI), BOOT_IST(STACK_DF), BOOT_IST(STACK_MC)},
        .io_bitmap = sizeof(struct tss),
    },
};
/* clang-format on */

struct cpu *cpus[CPUS_MAX] = {&boot_cpu.common};

extern uint8_t boot_stack_top[];
__asm__(".globl boot_stack_top\n.set boot_stack_top, boot_stacks + 4096 + 65536");

_Static_assert(offsetof(struct boot_stacks, guard_above) == 4096 + 65536, "boot_stack_top above");
_Static_assert(offsetof(struct x86_cpu, gdt) == X86_CPU_GDT, "entry.S, start.S");
_Static_assert(offsetof(struct x86_cpu, tss) == X86_CPU_TSS, "start.S");
_Static_assert(offsetof(struct tss, rsp) == TSS_RSP0, "user_entry.S");
_Static_assert(offsetof(struct cpu, user) == CPU_USER &&
                   offsetof(struct cpu, kernel_sp) == CPU_KERNEL_SP &&
                   offsetof(struct cpu, user_sp) == CPU_USER_SP &&
                   offsetof(struct cpu, leave_user) == CPU_LEAVE_USER,
               "user_entry.S");
_Static_assert(offsetof(struct tss, ist) == TSS_IST1, "start.S");
_Static_assert(offsetof(struct cpu, stack_canary) == CPU_CANARY, "start.S");
_Static_assert(offsetof(struct cpu, stacks[STACK_MAIN].high) == CPU_MAIN_STACK_HIGH,
               "trampoline.S");
_Static_assert(offsetof(struct cpu, nmi_depth) == CPU_NMI_DEPTH, "entry.S");
_Static_assert(offsetof(struct cpu, trapped_gs) == CPU_TRAPPED_GS, "entry.S");
_Static_assert(STACK_MC == IST_COUNT, "interrupt-stack numbers are enum stack_kind");
