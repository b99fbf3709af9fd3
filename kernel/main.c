/*
 * The boot order. Each line is a step with its promise; what every other CPU will run too is the
 * functions whose names end in _cpu.
 */
#include "arch/cpu.h"
#include "arch/firmware.h"
#include "arch/machine.h"
#include "arch/mmu.h"
#include "arch/timer.h"
#include "arch/user.h"
#include "boot.h"
#include "kernel/acpi.h"
#include "kernel/audit.h"
#include "kernel/bench.h"
#include "kernel/checkpoint.h"
#include "kernel/cpu_call.h"
#include "kernel/cpu_start.h"
#include "kernel/fault.h"
#include "kernel/firmware_audit.h"
#include "kernel/image.h"
#include "kernel/log.h"
#include "kernel/mm/frame.h"
#include "kernel/mm/heap.h"
#include "kernel/mm/memory.h"
#include "kernel/selftest.h"
#include "kernel/spinlock.h"
#include "kernel/status_row.h"
#include "kernel/symbols.h"
#include "kernel/time/clock.h"
#include "kernel/time/idle.h"
#include "kernel/time/time.h"
#include "kernel/user/process.h"
#include "kernel/user/program.h"
#include "kernel/user/scheduler.h"
#include "kernel/watchdog.h"
#include "version.h"

#define EXIT_OK          0x10
#define EXIT_TEST_FAILED 0x12

static void log_banner(void)
{
    char build_id[BUILD_ID_DIGITS + 1];

    kernel_build_id_text(build_id);
    log_info("Faultline %s (%s)", FAULTLINE_VERSION, build_id);
}

/* Where the time went, in counts of the time-stamp counter. */
static void log_boot_times(uint64_t entered, uint64_t memory_done, uint64_t ready_at)
{
    const uint64_t *tsc = boot_info.tsc;
    struct frame_statistics frames;
    enum log_level level = boot_options.bench[0] != '\0' ? LOG_INFO : LOG_DEBUG;

    if (level > boot_options.loglevel)
        return; /* a report's last lines would be nothing but this */
    log_write(
        level,
        "boot loader: options %lu, screen %lu, ACPI %lu, kernel %lu, crash %lu, programs "
        "%lu, tables %lu, exit %lu",
        tsc[BOOT_STEP_OPTIONS] - tsc[BOOT_STEP_START],
        tsc[BOOT_STEP_SCREEN] - tsc[BOOT_STEP_OPTIONS], tsc[BOOT_STEP_ACPI] - tsc[BOOT_STEP_SCREEN],
        tsc[BOOT_STEP_KERNEL] - tsc[BOOT_STEP_ACPI], tsc[BOOT_STEP_CRASH] - tsc[BOOT_STEP_KERNEL],
        tsc[BOOT_STEP_PROGRAMS] - tsc[BOOT_STEP_CRASH],
        tsc[BOOT_STEP_TABLES] - tsc[BOOT_STEP_PROGRAMS],
        tsc[BOOT_STEP_EXIT] - tsc[BOOT_STEP_TABLES]);
    frame_statistics(&frames);
    log_write(level, "boot memory: frames %lu, allocated %lu, zones %u, metadata %lu",
              frames.total_count, frames.total_count - frames.free_count, frames.zone_count,
              frames.metadata_bytes);
    log_write(level, "boot kernel: entry %lu, memory %lu, ready %lu", entered - tsc[BOOT_STEP_EXIT],
              memory_done - entered, ready_at - memory_done);
}

static void log_ready(void)
{
    uint64_t since_loader = arch_timestamp() - boot_info.tsc[BOOT_STEP_START];

    log_info("ready: %u CPUs, %lu MiB free, %lu ms since the loader began", cpu_count(),
             memory_free_bytes() / MIB, clock_timestamps_to_us(since_loader) / 1000);
}

/* With exit=qemu the machine ends here; else, or when nothing ends, it stays up. */
static void finish(bool well)
{
    uint8_t code = well ? EXIT_OK : EXIT_TEST_FAILED;

    if (!boot_options.exit_qemu)
        return;
    if (!arch_machine_is_qemu()) {
        log_warn("exit=qemu ignored: this is not QEMU");
        return;
    }
    spinlock_check_none_held("held when the kernel ends");
    log_exit(code);
    checkpoint_reach(CHECKPOINT_ENDED);
    arch_machine_exit_qemu(code);
    arch_cpu_stop();
}

/* Called by start.S with the boot CPU's tables loaded, interrupts off, on the loader's page tables.
 */
NORETURN void kernel_main(const struct boot_info *handed_over);
void kernel_main(const struct boot_info *handed_over)
{
    uint64_t entered = arch_timestamp(), memory_done, ready_at;
    const struct memory_map *memory;
    struct memory_counts counts;
    bool well = true;

    log_banner();                   /* the ring works before any device */
    symbols_init();                 /* reports name addresses */
    boot_take_handoff(handed_over); /* copied and checked */
    boot_read_options();
    fault_menu_at_stage(&boot_options, "early");
    boot_start_sinks();  /* from here on somebody can read along */
    arch_cpu_init();     /* what the CPU has; entry stubs made to match */
    arch_cpu_init_cpu(); /* control registers, memory types, FPU */
    arch_cpu_log();
    frame_init_cpu();
    memory = memory_init(&boot_info); /* the firmware's map, made trustworthy */
    boot_move_screen(NULL);           /* not drawn on while its mapping changes */
    boot_move_screen(arch_mmu_init(&boot_info, memory)); /* our own page tables */
    arch_mmu_map_ram(memory);
    checkpoint_init(); /* the next boot can tell how far this one got */
    arch_firmware_read_map(&boot_info, memory);
    acpi_init(&boot_info, memory); /* the firmware's tables, copied while they are there */
    boot_move_serial();            /* to the port that they name */
    memory_take_over(&boot_info);  /* boot services' memory is ours; frames can be had */
    heap_init();
    heap_init_cpu();
    if (boot_options.paging_levels)
        arch_mmu_set_levels(boot_options.paging_levels, boot_info.low_page); /* la57= */
    scheduler_init_cpu();
    arch_user_init();
    arch_user_init_cpu(); /* ring 3 can be entered, and left */
    memory_done = arch_timestamp();
    checkpoint_reach(CHECKPOINT_MEMORY);
    fault_menu_at_stage(&boot_options, "memory");
    arch_irq_init(boot_options.x2apic, acpi_get()); /* PIC and I/O APICs silent */
    arch_irq_init_cpu();                            /* local APIC on, everything masked but NMI */
    time_init(entered);                             /* times from here on */
    time_init_cpu();                                /* timers, and 100 Hz while busy */
    time_refine_start();
    arch_firmware_init(&boot_info); /* for reports that are to survive a reset */
    arch_machine_init_reset(acpi_get());
    status_row_start();
    log_put_off_drawing();
    arch_irq_enable();
    checkpoint_reach(CHECKPOINT_CLOCKS);
    cpus_start(); /* every CPU that the firmware lists */
    watchdog_start();
    checkpoint_reach(CHECKPOINT_CPUS);
    fault_menu_at_stage(&boot_options, "cpus");
    programs_init(&boot_info); /* their files, checked */
    firmware_audit_run(boot_options.audit & AUDIT_LOG);
    arch_mmu_seal(); /* what the boot wrote for good */
    audit_run();
    memory_count(&counts);
    log_ready();
    checkpoint_reach(CHECKPOINT_READY);
    ready_at = arch_timestamp();
    log_boot_times(entered, memory_done, ready_at);
    if (boot_options.bench[0] != '\0')
        well = bench_run(boot_options.bench);
    if (boot_options.selftest[0] != '\0')
        well = selftest_run(boot_options.selftest) && well;
    fault_menu_at_stage(&boot_options, "");
    checkpoint_reach(CHECKPOINT_RUN);
    process_run_all(boot_options.run);
    well = memory_is_balanced(&counts, "at ready") && well;
    finish(well);
    checkpoint_reach(CHECKPOINT_IDLE);
    status_row_say("next: options in \\faultline.cfg, such as fault=list");
    cpu_idle_loop();
}
