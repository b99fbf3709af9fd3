/* See kernel/status_row.h. */
#include "kernel/status_row.h"

#include "kernel/cpu.h"
#include "kernel/mm/memory.h"
#include "kernel/time/clock.h"
#include "lib/format.h"
#include "lib/types.h"
#include "version.h"

#define NS_PER_SECOND UINT64_C(1000000000)

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
