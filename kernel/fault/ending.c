/* See ending.h. The steps' number is kept in static memory and counted before each begins, so that one that faults is left out. */
#include "ending.h"

#include "aftermath.h"
#include "arch/cpu.h"
#include "kernel/checkpoint.h"
#include "report_view.h"

static void mark_reported(void) { checkpoint_reach(CHECKPOINT_REPORTED); }

static void show_code(void)
{
    if (!aftermath_ends_qemu()) /* nobody would see it */
        report_code_show();
}

static const struct {
    void (*run)(void);
    const char *lost; /* what is said when it faults */
} steps[] = {
    {mark_reported, "the next boot will not know of this report"},
    {report_view_show, "the screen cannot be drawn on"},
    {show_code, "no QR code"},
    {store_report, "the report is not stored"},
    {aftermath_act, "what panic= and exit= ask for is not done"},
    {report_view_turn_pages, "pages do not turn"},
};
static unsigned next_step;

void ending_run(void)
{
    while (next_step < ARRAY_COUNT(steps))
        steps[next_step++].run();
    arch_cpu_stop();
}

void ending_give_up(void)
{
    mark_reported();
    aftermath_exit_qemu();
    arch_cpu_stop();
}

const char *ending_lost(void) { return next_step > 0 ? steps[next_step - 1].lost : NULL; }
