/*
 * The report kept for the next boot, in variables of the firmware's (lib/crash_record.h). Everything here can go wrong, and
 * nothing of it may harm the report, which is on the consoles by now: so the firmware is asked last, whatever it does is
 * survived (arch/firmware.h), and one line says what came of it.
 *
 * Flash wears out, and some firmware does not start when it is full: one record for each crash, CRASH_SLOTS in all, and
 * FREE_BYTES_MIN stay free.
 */
#include "aftermath.h"
#include "arch/firmware.h"
#include "boot.h"
#include "kernel/image.h"
#include "kernel/status_row.h"
#include "kernel/time/clock.h"
#include "lib/efi_status.h"
#include "lib/format.h"
#include "report.h"
#include "report_text.h"
#include "report_view.h"

#define LIMIT_NS       (5 * NS_PER_SECOND)
#define FREE_BYTES_MIN (5 * KIB)
#define OVERHEAD_BYTES 256 /* more than a variable's name and any firmware's header for it */

static bool is_wanted;

/* How far it came: read when it was broken off as well. */
static struct attempt {
    struct crash_record record;
    struct firmware_space space;
    unsigned stored; /* parts */
    char problem[160];
    uint8_t bytes[CRASH_PART_BYTES_MAX];
} attempt;

void store_set_wanted(bool wanted) { is_wanted = wanted; }

const char *store_what_next(void)
{
    return is_wanted && arch_firmware_can_run()
               ? "if the line below says that it was stored, the next boot writes this report to "
                 "\\faultline\\crash-NNNN.txt"
               : NULL;
}

static void describe(struct crash_record *record)
{
    record->facts = (struct crash_facts){.sequence = (uint32_t)boot_info.crash_sequence,
                                         .boot_time = boot_info.boot_time,
                                         .uptime_ms = clock_now_ns() / 1000000};
    kernel_build_id_text(record->facts.build_id);
    record->text = report_text();
}

/* As many bytes in each variable as the firmware takes. */
static bool divide(void)
{
    uint64_t room = attempt.space.variable_max, part_bytes;

    part_bytes =
        room < CRASH_PART_BYTES_MAX + OVERHEAD_BYTES ? room - OVERHEAD_BYTES : CRASH_PART_BYTES_MAX;
    return room > OVERHEAD_BYTES && crash_record_divide(&attempt.record, part_bytes);
}

static bool succeeded(const char *service, uint64_t status)
{
    if (status != 0)
        format(attempt.problem, sizeof(attempt.problem), "%s: %s (EFI status %lx)", service,
               efi_status_text(status), status);
    return status == 0;
}

static bool has_room(void)
{
    const struct crash_record *record = &attempt.record;
    uint64_t needed = record->text.length + FREE_BYTES_MIN +
                      record->part_count * (CRASH_HEADER_BYTES + OVERHEAD_BYTES);

    if (needed > attempt.space.free)
        format(attempt.problem, sizeof(attempt.problem),
               "the firmware has %lu bytes left for variables, and %lu are needed, %lu of them to "
               "stay free",
               attempt.space.free, needed, FREE_BYTES_MIN);
    return needed <= attempt.space.free;
}

/* The first part first: it is what tells most, and by it the record is found. */
static void write_parts(void)
{
    uint16_t name[CRASH_NAME_MAX];

    for (; attempt.stored < attempt.record.part_count; attempt.stored++) {
        size_t size = crash_part_write(attempt.bytes, &attempt.record, attempt.stored);

        crash_variable_name(name, boot_info.crash_slot, attempt.stored);
        if (!succeeded("SetVariable",
                       arch_firmware_set_variable(name, &crash_guid, attempt.bytes, size)))
            return;
    }
}

static void store(void *unused)
{
    (void)unused;
    if (!succeeded("QueryVariableInfo", arch_firmware_query_space(&attempt.space)))
        return;
    if (!divide())
        format(attempt.problem, sizeof(attempt.problem),
               "the firmware takes variables of %lu bytes only", attempt.space.variable_max);
    else if (has_room())
        write_parts();
}

/* The screen is the report's by now; its bottom row still tells. */
static void say_on_screen(const char *text)
{
    status_row_say(text);
    report_view_draw_status();
}

static void say_not(const char *problem)
{
    say_on_screen("STOPPED: this report was not stored: photograph it");
    if (attempt.stored > 0)
        report_line("not stored", "%s, in part %u of %u", problem, attempt.stored + 1,
                    attempt.record.part_count);
    else
        report_line("not stored", "%s", problem);
}

void store_report(void)
{
    uint64_t began = clock_now_ns();
    const char *broken_off;

    if (!is_wanted) {
        say_not("store=0 says so, or the options were not read yet");
        return;
    }
    describe(&attempt.record);
    broken_off = arch_firmware_run(store, NULL, LIMIT_NS);
    if (broken_off || attempt.problem[0] != '\0') {
        say_not(broken_off ? broken_off : attempt.problem);
        return;
    }
    report_line("stored", "%zu bytes in %u of the firmware's variables, in %lu ms",
                attempt.record.text.length, attempt.record.part_count,
                (clock_now_ns() - began) / 1000000);
    say_on_screen("STOPPED: the next boot writes this report to the stick");
}
