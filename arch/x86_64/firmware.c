/*
 * Calls of the firmware after a fault. A call ends in one of three ways: it returns; it raises an exception; or its time is
 * over, which the local APIC's timer tells, or, when the firmware masks interrupts, another CPU by an NMI. In the last two
 * the handler of what interrupted it goes on behind the call, on the kernel's stack.
 */
#include "arch/firmware.h"

#include <stdatomic.h>

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/smp.h"
#include "arch/timer.h"
#include "kernel/log.h"
#include "kernel/mm/memory.h"
#include "kernel/mm/vmap.h"
#include "kernel/time/clock.h"
#include "lib/format.h"
#include "x86/exceptions.h"
#include "x86/firmware.h"
#include "x86/lapic.h"
#include "x86/registers.h"
#include "x86/trap_frame.h"

#define STACK_BYTES (32 * KIB) /* the firmware may ask for 4 (UEFI 2.10, 2.3.4) */

static struct runtime_map runtime_map READ_ONLY_AFTER_INIT;
static bool map_is_whole READ_ONLY_AFTER_INIT;
static vaddr_t stack_top READ_ONLY_AFTER_INIT; /* 0: nothing may be called */

static _Atomic(struct cpu *) caller; /* who is in the firmware; NULL: nobody */
static _Atomic uint64_t deadline_ns;
static char broken_off[120]; /* why the last call ended; empty: none was broken off */

/* ---- at boot ---- */

static void warn(void *context, const char *line)
{
    (void)context;
    log_warn("firmware: %s", line);
}

/* NULL when there is no memory attributes table that can be read: it lies in memory of the firmware's. */
static const uint8_t *find_table(paddr_t at)
{
    uint64_t bytes;

    if (at == 0 || !memory_is_ram_throughout(at, RUNTIME_TABLE_HEADER))
        return NULL;
    bytes = runtime_table_bytes(phys_to_virt(at));
    return bytes != 0 && memory_is_ram_throughout(at, bytes) ? phys_to_virt(at) : NULL;
}

void arch_firmware_read_map(const struct boot_info *info, const struct memory_map *memory)
{
    static const struct diagnostics diagnostics = {.warn = warn};
    const uint8_t *table = find_table(info->memory_attributes);

    if (!table && info->memory_attributes != 0)
        warn(NULL, "the memory attributes table cannot be read");
    map_is_whole = runtime_map_build(&runtime_map, memory, table, &diagnostics);
}

void arch_firmware_init(const struct boot_info *info)
{
    vaddr_t stack;

    x86_firmware_services_init(info->system_table);
    if (!map_is_whole || !x86_firmware_space_init(&runtime_map))
        return;
    stack = (vaddr_t)vmap_stack(STACK_BYTES);
    if (stack)
        stack_top = stack + STACK_BYTES;
    else
        log_warn("firmware: no memory for its stack");
}

/* ---- breaking off ---- */

/* The frame goes on where x86_firmware_call() says, with none of the flags that the firmware may have left. */
static bool break_off(struct trap_frame *frame)
{
    struct cpu *self = cpu_self();

    if (!atomic_compare_exchange_strong(&caller, &self, NULL))
        return false;
    frame->rip = (vaddr_t)x86_firmware_broken_off;
    frame->rsp = x86_firmware_sp;
    frame->rflags = RFLAGS_FIXED;
    return true;
}

bool x86_firmware_fix_up(struct trap_frame *frame)
{
    vaddr_t rip = frame->rip, address = arch_trap_address(frame);

    size_t length;

    if (!break_off(frame))
        return false;
    length = format(broken_off, sizeof(broken_off), "the firmware faulted: %s at %lx",
                    arch_trap_mnemonic((uint8_t)frame->vector), rip);
    if ((uint8_t)frame->vector == X86_EXC_PF)
        format(broken_off + length, sizeof(broken_off) - length, ", address %lx", address);
    return true;
}

/* 0: the time is over. */
static uint64_t time_left_ns(void)
{
    uint64_t now = clock_now_ns(), deadline = atomic_load(&deadline_ns);

    return now < deadline ? deadline - now : 0;
}

static bool break_off_late(struct trap_frame *frame, const char *how)
{
    vaddr_t rip = frame->rip;

    if (!break_off(frame))
        return false;
    format(broken_off, sizeof(broken_off),
           "the firmware did not return and was broken off %s at %lx", how, rip);
    return true;
}

bool x86_firmware_is_overdue(struct trap_frame *frame)
{
    return atomic_load(&caller) == cpu_self() && time_left_ns() == 0 &&
           break_off_late(frame, "by an NMI");
}

/* The timer cannot wait for ever, and may be early. */
static void on_timer(struct trap_frame *frame)
{
    uint64_t left_ns = time_left_ns();

    lapic_eoi();
    if (left_ns > 0)
        arch_timer_start_cpu(left_ns);
    else
        break_off_late(frame, "by the timer");
}

/* ---- on another CPU ---- */

static atomic_bool has_watcher, watch_is_over;

/* This handler may have interrupted the sending of an interrupt, which is not gone on with: so it may send. */
void x86_firmware_watch(void)
{
    const struct cpu *watched;

    if (atomic_exchange(&has_watcher, true))
        return;
    while (!atomic_load(&watch_is_over)) {
        arch_cpu_relax();
        watched = atomic_load(&caller);
        if (!watched || time_left_ns() > 0)
            continue;
        arch_smp_send_nmi(watched);
        return;
    }
}

void arch_firmware_end_watch(void) { atomic_store(&watch_is_over, true); }

/* ---- the call ---- */

/* The fault may have left anything in registers and in the local APIC: an interrupt in service would keep the timer's from
 * coming. Breakpoints are not the firmware's business. */
static void prepare_cpu(void)
{
    arch_cpu_init_cpu();
    x86_write_dr7(DR7_INIT);
    lapic_init_cpu();
    trap_set_handler(VECTOR_LAPIC_TIMER, on_timer);
    arch_timer_init_cpu();
}

bool arch_firmware_can_run(void)
{
    return stack_top != 0 && clock_is_known() && broken_off[0] == '\0';
}

const char *arch_firmware_run(void (*function)(void *argument), void *argument, uint64_t limit_ns)
{
    if (broken_off[0] != '\0')
        return broken_off;
    if (stack_top == 0)
        return "the firmware cannot be called, or not yet";
    if (!clock_is_known())
        return "without a clock the firmware could not be broken off";
    prepare_cpu();
    atomic_store(&deadline_ns, clock_now_ns() + limit_ns);
    atomic_store(&caller, cpu_self());
    arch_timer_start_cpu(limit_ns);
    if (!x86_firmware_call(x86_firmware_root(), stack_top, function, argument))
        return broken_off;
    atomic_store(&caller, NULL);
    return NULL;
}
