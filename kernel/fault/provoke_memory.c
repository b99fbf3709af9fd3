/* Faults by touching memory: see kernel/fault_menu.h. */
#include "kernel/fault_menu.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "boot.h"
#include "kernel/address_map.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/stack.h"
#include "lib/compiler.h"
#include "lib/types.h"
#include "log/ring.h"
#include "log/screen.h"

#define UNUSED_VMAP (VMAP_START + VMAP_BYTES / 2)

/* Volatile, so that the compiler does not see what is done to it. */
static volatile uint64_t sink;
static volatile uint64_t *volatile member_of_null = (volatile uint64_t *)0x10;

static void read_null(void) { sink = *member_of_null; /* fault: read-null */ }

static void write_null(void) { *member_of_null = 1; /* fault: write-null */ }

static void call_address(vaddr_t address) { ((void (*)(void))address)(); /* fault: call */ }

static void execute_null(void) { call_address(0); /* fault: execute-null */ }

static void write_text(void) { *(volatile uint8_t *)kernel_text_start = 0; /* fault: write-text */ }

static void write_rodata(void)
{
    *(volatile uint8_t *)kernel_rodata_start = 0; /* fault: write-rodata */
}

static volatile uint8_t *through_direct_map(const char *in_image)
{
    paddr_t phys = 0;

    arch_mmu_lookup((vaddr_t)in_image, &phys);
    return phys_to_virt(phys);
}

static void write_text_direct(void)
{
    *through_direct_map(kernel_text_start) = 0; /* fault: write-text-direct */
}

static void write_rodata_direct(void)
{
    *through_direct_map(kernel_rodata_start) = 0; /* fault: write-rodata-direct */
}

/* Written as it is, so that nothing is harmed while it is not sealed yet. */
static void write_after_init(void)
{
    volatile char *option = boot_options.fault;

    *option = *option; /* fault: write-after-init */
}

static void write_after_init_direct(void)
{
    *through_direct_map(kernel_after_init_start) = 0; /* fault: write-after-init-direct */
}

static uint8_t return_instruction[] = {0xc3};

static void execute_data(void)
{
    call_address((vaddr_t)return_instruction); /* fault: execute-data */
}

static void execute_rodata(void)
{
    call_address((vaddr_t)kernel_rodata_start); /* fault: execute-rodata */
}

static void execute_stack(void)
{
    volatile uint8_t code[] = {0xc3};

    call_address((vaddr_t)code); /* fault: execute-stack */
    sink = code[0];
}

static void execute_direct(void)
{
    call_address((vaddr_t)through_direct_map(kernel_data_start)); /* fault: execute-direct */
}

/* Not inlined and not turned into a loop: every level must push. */
NOINLINE static uint64_t recurse(uint64_t depth)
{
    volatile uint64_t local[16];

    local[0] = depth;
    if (depth != UINT64_MAX)
        sink = recurse(depth + 1) + local[0]; /* fault: stack-overflow */
    return sink;
}

static void overflow_stack(void) { recurse(0); }

static const struct stack *own_stack(void) { return &cpu_self()->stacks[STACK_MAIN]; }

static void touch_guard_below(void)
{
    sink = *(volatile uint64_t *)(own_stack()->low - 8); /* fault: guard-below */
}

static void touch_guard_above(void)
{
    *(volatile uint64_t *)own_stack()->high = 1; /* fault: guard-above */
}

static void touch_interrupt_guard(void)
{
    *(volatile uint64_t *)(cpu_self()->stacks[STACK_NMI].low - 8) = 1; /* fault: guard-interrupt */
}

static void touch_report_guard(void)
{
    sink =
        *(volatile uint64_t *)(cpu_self()->stacks[STACK_PANIC].low - 8); /* fault: guard-report */
}

static void read_unmapped(void)
{
    sink = *(volatile uint64_t *)UNUSED_VMAP; /* fault: read-unmapped */
}

/* What one gets who forgets that a physical address is not a pointer. */
static void read_physical(void)
{
    paddr_t phys = 0;

    arch_mmu_lookup((vaddr_t)kernel_data_start, &phys);
    sink = *(volatile uint64_t *)phys; /* fault: read-physical */
}

/* Drawing the report faults in turn. */
static void read_null_with_screen_gone(void)
{
    log_draw_now(); /* so that the report is what comes next */
    arch_irq_disable();
    screen_move((void *)USER_START);
    sink = *member_of_null; /* fault: broken-screen */
}

static void damage_log(void)
{
    ring_damage();
    sink = *member_of_null; /* fault: damaged-log */
}

static const struct fault_menu_entry entries[] = {
    {"read-null", "read through a null pointer", read_null, false, NULL},
    {"write-null", "write through a null pointer", write_null, false, NULL},
    {"execute-null", "call through a null pointer", execute_null, false, NULL},
    {"write-text", "write to the kernel's code", write_text, false, NULL},
    {"write-rodata", "write to the kernel's constants", write_rodata, false, NULL},
    {"write-text-direct", "write to the kernel's code through the direct map", write_text_direct,
     true, NULL},
    {"write-rodata-direct", "write to the kernel's constants through the direct map",
     write_rodata_direct, true, NULL},
    {"write-after-init", "write to an option, sealed since the boot", write_after_init, true, NULL},
    {"write-after-init-direct", "the same through the direct map", write_after_init_direct, true,
     NULL},
    {"execute-data", "call into the kernel's data", execute_data, false, NULL},
    {"execute-rodata", "call into the kernel's constants", execute_rodata, false, NULL},
    {"execute-stack", "call into the stack", execute_stack, false, NULL},
    {"execute-direct", "call into the direct map", execute_direct, true, NULL},
    {"stack-overflow", "endless recursion", overflow_stack, true, NULL},
    {"guard-below", "read below the stack", touch_guard_below, true, NULL},
    {"guard-above", "write above the stack", touch_guard_above, true, NULL},
    {"guard-interrupt", "write below the NMI's stack", touch_interrupt_guard, true, NULL},
    {"guard-report", "read below the stack of reports", touch_report_guard, true, NULL},
    {"read-unmapped", "read where no device is mapped", read_unmapped, true, NULL},
    {"read-physical", "use a physical address as a pointer", read_physical, true, NULL},
    {"broken-screen", "a fault while the screen cannot be drawn on", read_null_with_screen_gone,
     true, NULL},
    {"damaged-log", "a fault after the log's ring was overwritten", damage_log, false, NULL},
};

const struct fault_menu memory_fault_menu = {entries, ARRAY_COUNT(entries)};
