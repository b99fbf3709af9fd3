/* The end of a fatal report: what becomes of the machine (panic=, exit=). */
#include "aftermath.h"

#include "arch/cpu.h"
#include "arch/firmware.h"
#include "arch/machine.h"
#include "kernel/fault.h"
#include "kernel/log.h"
#include "kernel/status_row.h"
#include "kernel/time/clock.h"
#include "lib/efi_status.h"
#include "lib/format.h"
#include "report.h"
#include "report_view.h"

#define EXIT_FAULT         0x11
#define POWER_OFF_LIMIT_NS (5 * NS_PER_SECOND)
#define SPINS_A_SECOND     UINT64_C(100000000) /* where no clock tells: some second or so */

static enum panic_action action;
static uint32_t seconds;
static bool exit_qemu;

void fault_set_options(const struct options *options)
{
    action = options->panic;
    seconds = options->panic_seconds;
    exit_qemu = options->exit_qemu;
    store_set_wanted(options->store);
}

bool aftermath_ends_qemu(void) { return exit_qemu && arch_machine_is_qemu(); }

void aftermath_what_next(char *text, size_t size)
{
    if (aftermath_ends_qemu() || action == PANIC_HALT)
        format(text, size,
               "this machine has stopped; photograph this page, then switch it off and on");
    else if (action == PANIC_POWEROFF)
        format(text, size, "this machine switches itself off, as panic=poweroff says");
    else if (seconds > 0)
        format(text, size, "photograph this page: the machine restarts in %u s, as panic= says",
               seconds);
    else
        format(text, size, "this machine restarts, as panic=reboot says");
}

static void wait_second(void)
{
    uint64_t start = clock_now_ns();

    if (clock_is_known())
        while (clock_now_ns() - start < NS_PER_SECOND)
            arch_cpu_relax();
    else
        for (uint64_t i = 0; i < SPINS_A_SECOND; i++)
            arch_cpu_relax();
}

static void count_down(void)
{
    char text[2][STATUS_ROW_MAX]; /* two, because the row is drawn when its text is another one */

    for (uint32_t left = seconds; left > 0; left--) {
        format(text[left % 2], sizeof(text[0]), "STOPPED: restarts in %u s", left);
        status_row_say(text[left % 2]);
        report_view_draw_status();
        wait_second();
    }
}

static void power_off(void *status) { *(uint64_t *)status = arch_firmware_power_off(); }

static void switch_off(void)
{
    uint64_t status = 0;
    const char *problem = arch_firmware_run(power_off, &status, POWER_OFF_LIMIT_NS);

    report_line("next", "this machine stays on: %s", problem ? problem : efi_status_text(status));
}

void aftermath_exit_qemu(void)
{
    if (!aftermath_ends_qemu())
        return;
    log_exit(EXIT_FAULT);
    arch_machine_exit_qemu(EXIT_FAULT);
    arch_cpu_stop();
}

void aftermath_act(void)
{
    aftermath_exit_qemu();
    if (action == PANIC_POWEROFF)
        switch_off();
    arch_firmware_end_watch();
    if (action == PANIC_REBOOT) {
        count_down();
        arch_machine_reset();
    }
}
