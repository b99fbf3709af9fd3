/*
 * The fault menu: each entry makes the CPU fault by the real cause, so that whoever reads a report
 * can see one, and the tests can read them all.
 */
#include "kernel/fault.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/address_map.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "lib/string.h"
#include "log/screen.h"

/* Volatile, so that the compiler does not see what is done to it. */
static volatile uint64_t sink;
static volatile uint64_t *volatile member_of_null = (volatile uint64_t *)0x10;

static void breakpoint(void) { __asm__ volatile("int3"); }

static void read_null(void) { sink = *member_of_null; }

static void write_null(void) { *member_of_null = 1; }

static void call_address(vaddr_t address) { ((void (*)(void))address)(); }

static void execute_null(void) { call_address(0); }

static void write_text(void) { *(volatile uint8_t *)kernel_text_start = 0; }

static void write_rodata(void) { *(volatile uint8_t *)kernel_rodata_start = 0; }

static void write_text_direct(void)
{
    paddr_t phys;

    if (arch_mmu_lookup((vaddr_t)kernel_text_start, &phys))
        *(volatile uint8_t *)phys_to_virt(phys) = 0;
}

static uint8_t return_instruction[] = {0xc3};

static void execute_data(void) { call_address((vaddr_t)return_instruction); }

/* Not inlined and not turned into a loop: every level must push. */
NOINLINE static uint64_t recurse(uint64_t depth)
{
    volatile uint64_t local[16];

    local[0] = depth;
    if (depth != UINT64_MAX)
        sink = recurse(depth + 1) + local[0];
    return sink;
}

static void overflow_stack(void) { recurse(0); }

NOINLINE static void smash_stack(void)
{
    volatile char buffer[16];
    volatile char *at = buffer;

    for (unsigned i = 0; i < 40; i++)
        at[i] = 'A';
}

/* Drawing the report faults in turn. */
static void divide_with_screen_gone(void)
{
    log_draw_now(); /* so that the report is what comes next */
    arch_irq_disable();
    screen_move((void *)USER_START);
    arch_provoke_divide_error();
}

/* Only checked builds look for it. */
static void shift_too_far(void)
{
    volatile int bits = 40;

    sink = (uint64_t)(1 << bits);
}

static void provoke_panic(void) { panic("asked for by fault=panic"); }

static const struct menu_entry {
    const char *name, *what;
    void (*provoke)(void);
    bool needs_memory; /* the kernel's own page tables */
} menu[] = {
    {"breakpoint", "INT3; execution goes on", breakpoint, false},
    {"read-null", "read through a null pointer", read_null, false},
    {"write-null", "write through a null pointer", write_null, false},
    {"execute-null", "call through a null pointer", execute_null, false},
    {"write-text", "write to the kernel's code", write_text, false},
    {"write-rodata", "write to the kernel's constants", write_rodata, false},
    {"write-text-direct", "write to the kernel's code through the direct map", write_text_direct,
     true},
    {"execute-data", "call into the kernel's data", execute_data, false},
    {"stack-overflow", "endless recursion", overflow_stack, true},
    {"stack-smash", "overwrite a function's canary", smash_stack, false},
    {"double-fault", "a push with a stack pointer that points nowhere",
     arch_provoke_stack_pointer_fault, false},
    {"divide", "division by zero", arch_provoke_divide_error, false},
    {"single-step", "a debug exception that nobody asked for", arch_provoke_single_step, false},
    {"invalid-opcode", "UD2", arch_provoke_invalid_opcode, false},
    {"general-protection", "write to a non-canonical address", arch_provoke_general_protection,
     false},
    {"broken-screen", "a division by zero while the screen cannot be drawn on",
     divide_with_screen_gone, true},
    {"undefined", "a shift by more than the type's width, found by checked builds", shift_too_far,
     false},
    {"panic", "a broken invariant", provoke_panic, false},
};

static void print_menu(void)
{
    for (unsigned i = 0; i < ARRAY_COUNT(menu); i++)
        log_info("fault=%-18s %s", menu[i].name, menu[i].what);
}

static const struct menu_entry *find_entry(const char *name)
{
    for (unsigned i = 0; i < ARRAY_COUNT(menu); i++)
        if (strcmp(menu[i].name, name) == 0)
            return &menu[i];
    return NULL;
}

void fault_menu_at_stage(const struct options *options, const char *stage)
{
    const struct menu_entry *entry = find_entry(options->fault);

    if (options->fault[0] == '\0' || strcmp(options->fault_stage, stage) != 0)
        return;
    if (strcmp(options->fault, "list") == 0) {
        print_menu();
    } else if (!entry) {
        log_warn("fault=%s: there is no such fault; fault=list names them all", options->fault);
    } else if (entry->needs_memory && !arch_mmu_is_ready()) {
        log_warn("fault=%s: not possible at stage %s, the kernel's own page tables come later",
                 entry->name, stage);
    } else {
        log_info("fault=%s: %s", entry->name, entry->what);
        entry->provoke();
    }
}
