/* See kernel/status_row.h. */
#include "kernel/status_row.h"

#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/mm/memory.h"
#include "kernel/time/clock.h"
#include "kernel/time/timer.h"
#include "lib/format.h"
#include "lib/types.h"
#include "version.h"

static const char *what_next = "starting";
static const char *told_next; /* NULL: nothing has been told yet */
static uint64_t told_second;

void status_row_say(const char *text) { what_next = text; }

static uint64_t uptime_seconds(void) { return clock_now_ns() / NS_PER_SECOND; }

bool status_row_changed(void) { return what_next != told_next || uptime_seconds() != told_second; }

size_t status_row_text(char *text, size_t size)
{
    uint64_t second = uptime_seconds();

    told_next = what_next;
    told_second = second;
    return format(text, size, " Faultline %s  up %lu:%02lu:%02lu  %u CPU%s  %lu MiB free  %s",
                  FAULTLINE_VERSION, second / 3600, second / 60 % 60, second % 60, cpu_count(),
                  cpu_count() == 1 ? "" : "s", memory_free_bytes() / MIB, told_next);
}

/* At each whole second of the clock. */
static void on_second(struct timer *timer)
{
    log_want_drawing();
    timer_set(timer, (uptime_seconds() + 1) * NS_PER_SECOND);
}

void status_row_start(void)
{
    static struct timer timer = {.callback = on_second};

    timer_set(&timer, NS_PER_SECOND);
}
