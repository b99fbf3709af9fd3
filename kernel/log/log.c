/* Lines and sinks: a record becomes "[    1.234567] [0] INFO  text" when it is shown, not when it
 * is written. */
#include "kernel/log.h"

#include <stdatomic.h>

#include "arch/cpu.h"
#include "kernel/patience.h"
#include "kernel/time/clock.h"
#include "lib/format.h"
#include "lib/string.h"
#include "lib/utf8.h"
#include "ring.h"

/* 20 digits of seconds, 6 of microseconds, 8 of the CPU, and what is between. */
#define PREFIX_MAX       48
#define SINKS_MAX        2
#define LEVEL_WIDTH      6 /* of a level's name and the blank behind it */
#define WORD             sizeof(uint64_t)
#define DELETE           0x7f
#define DRAW_INTERVAL_NS UINT64_C(16000000) /* a display shows 60 pictures a second */

struct sink_state {
    const struct log_sink *sink;
    enum log_level shown;
    uint64_t position;
    _Atomic(struct cpu *) owner; /* who writes to it; NULL: nobody */
    bool broken;                 /* it faulted while it was written to */
};

static struct sink_state sinks[SINKS_MAX];
static unsigned sink_count;
static atomic_bool taken_over;
static bool puts_off_drawing; /* interrupts are on: nobody may draw while they are masked */
static uint64_t drawn_at_ns;
atomic_bool log_drawing_is_due;
static struct sink_state *writing; /* after log_take_over(): the sink at work */

static const struct {
    const char *name;
    uint32_t rgb;
} levels[LOG_LEVEL_COUNT] = {
    [LOG_ERROR] = {"ERROR ", 0xff5555}, [LOG_WARN] = {"WARN  ", 0xffff55},
    [LOG_INFO] = {"INFO  ", 0x5555ff},  [LOG_DEBUG] = {"DEBUG ", 0x55ffff},
    [LOG_TRACE] = {"TRACE ", 0xff55ff},
};

static bool is_control(char c) { return ((uint8_t)c < ' ' && c != '\t') || c == DELETE; }

/* Whether one of 8 characters may be a control character: a byte below 0x20, or 0x7f (which are those that become 0 when
 * all their bits are turned over). The subtraction borrows from the highest bit of just such bytes, or behind one. */
static bool may_hold_control(const char *text)
{
    const uint64_t each = UINT64_C(0x0101010101010101), top = each << 7;
    uint64_t word, deletes;

    memcpy(&word, text, sizeof(word));
    deletes = word ^ each * DELETE;
    return (((word - each * ' ') & ~word) | ((deletes - each) & ~deletes)) & top;
}

static void replace_in(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (is_control(text[i]))
            text[i] = '?';
}

/* A terminal would obey control characters, and a screen has no pictures for them. The last 8 characters are looked at
 * as one word, too. */
static void replace_controls(char *text, size_t length)
{
    if (length < WORD) {
        replace_in(text, length);
        return;
    }
    for (size_t at = 0; at < length; at += WORD) {
        char *word = text + (at + WORD <= length ? at : length - WORD);

        if (may_hold_control(word))
            replace_in(word, WORD);
    }
}

/* What was too long is marked, and not cut within a character. */
static size_t end_in_dots(char *text)
{
    size_t length = utf8_whole(text, LOG_LINE_MAX - 3);

    memcpy(text + length, "...", 3);
    return length + 3;
}

void log_write(enum log_level level, const char *template, ...)
{
    char text[LOG_LINE_MAX + 1];
    va_list arguments;
    size_t length;

    va_start(arguments, template);
    length = format_v(text, sizeof(text), template, arguments);
    va_end(arguments);
    replace_controls(text, length);
    if (length == LOG_LINE_MAX)
        length = end_in_dots(text);
    ring_add(level, cpu_self()->id, clock_now_ns(), text, length);
    log_drain();
}

/* At least `width` digits in base 10 or 16, filled up on the left; returns the end of the text. */
static char *put_number(char *at, uint64_t value, unsigned base, unsigned width, char fill)
{
    char digits[20];
    unsigned count = 0;

    do
        digits[count++] = "0123456789ABCDEF"[value % base];
    while ((value /= base) != 0);
    for (unsigned i = count; i < width; i++)
        *at++ = fill;
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

/* The gray part before the level, "[    1.234567] [0] ", without a NUL; PREFIX_MAX characters at
 * most. Not by format(): every line that is shown goes through here. */
static size_t format_prefix(char *text, const struct log_record *record)
{
    uint64_t us = record->time_ns / 1000;
    char *at = text;

    *at++ = '[';
    at = put_number(at, us / 1000000, 10, 5, ' ');
    *at++ = '.';
    at = put_number(at, us % 1000000, 10, 6, '0');
    memcpy(at, "] [", 3);
    at = put_number(at + 3, record->cpu, 16, (unsigned)cpu_id_digits(), '0');
    memcpy(at, "] ", 2);
    return (size_t)(at + 2 - text);
}

static void show_record(const struct log_sink *sink, const struct log_record *record)
{
    char prefix[PREFIX_MAX];
    size_t length = format_prefix(prefix, record);

    sink->put(LOG_COLOR_DIM, prefix, length);
    sink->put(levels[record->level].rgb, levels[record->level].name, LEVEL_WIDTH);
    sink->put(LOG_COLOR_TEXT, record->text, record->length);
    sink->end_line();
}

static void show_lost(const struct log_sink *sink)
{
    static const char text[] =
        "(lines are missing here: the log ring went round before they could be shown)";

    sink->put(levels[LOG_WARN].rgb, text, sizeof(text) - 1);
    sink->end_line();
}

/* Without a clock it is always time. */
static bool may_draw(void)
{
    uint64_t now = clock_now_ns();

    if (!puts_off_drawing)
        return true;
    return arch_irq_enabled() && (now == 0 || now - drawn_at_ns >= DRAW_INTERVAL_NS);
}

/* By the owner of the sink: at most the whole screen once, or nothing for now. */
static void draw(const struct log_sink *sink, bool force)
{
    if (!sink->flush)
        return;
    if (!force && !may_draw()) {
        atomic_store(&log_drawing_is_due, true);
        return;
    }
    atomic_store(&log_drawing_is_due, false); /* before: what comes meanwhile is due again */
    sink->flush();
    drawn_at_ns = clock_now_ns();
}

static void show_all(struct sink_state *state, bool force)
{
    struct log_record record;
    enum ring_result result;

    while ((result = ring_read(&state->position, &record, force)) != RING_END) {
        if (result == RING_LOST)
            show_lost(state->sink);
        else if (record.level <= state->shown)
            show_record(state->sink, &record);
    }
}

static void drain_owned(struct sink_state *state)
{
    show_all(state, false);
    draw(state->sink, false);
}

/* One CPU at a time writes to a sink. False when another does, or what this one has interrupted, or a report; the report
 * sets `taken_over` and then looks at the owner, so that one of the two sees the other. */
static bool take_sink(struct sink_state *state)
{
    struct cpu *nobody = NULL;

    if (!atomic_compare_exchange_strong(&state->owner, &nobody, cpu_self()))
        return false;
    if (!atomic_load(&taken_over))
        return true;
    atomic_store(&state->owner, NULL);
    return false;
}

static void leave_sink(struct sink_state *state) { atomic_store(&state->owner, NULL); }

/* After letting go, look again: a record may have come while the owner was leaving, and its writer
 * gave up. */
static void drain_sink(struct sink_state *state)
{
    uint64_t position;

    do {
        if (!take_sink(state))
            return;
        drain_owned(state);
        position = state->position;
        leave_sink(state);
    } while (ring_has_record(position));
}

void log_drain(void)
{
    for (unsigned i = 0; i < sink_count && !atomic_load(&taken_over); i++)
        drain_sink(&sinks[i]);
}

void log_put_off_drawing(void) { puts_off_drawing = true; }

void log_want_drawing(void) { atomic_store(&log_drawing_is_due, true); }

void log_draw_after_interrupt(void)
{
    for (unsigned i = 0; i < sink_count && !atomic_load(&taken_over); i++) {
        if (!sinks[i].sink->flush || !take_sink(&sinks[i]))
            continue; /* who draws is interrupted right now */
        arch_irq_enable();
        drain_owned(&sinks[i]);
        arch_irq_disable();
        leave_sink(&sinks[i]);
        if (ring_has_record(sinks[i].position))
            log_want_drawing(); /* it came after the last look, and its writer gave up */
    }
}

void log_draw_now(void)
{
    for (unsigned i = 0; i < sink_count && !atomic_load(&taken_over); i++) {
        if (!sinks[i].sink->flush || !take_sink(&sinks[i]))
            continue;
        show_all(&sinks[i], false);
        draw(sinks[i].sink, true);
        leave_sink(&sinks[i]);
    }
}

void log_add_sink(const struct log_sink *sink, enum log_level shown)
{
    for (unsigned i = 0; i < sink_count; i++)
        if (sinks[i].sink == sink)
            return;
    if (sink_count == SINKS_MAX)
        return;
    sinks[sink_count].sink = sink;
    sinks[sink_count].shown = shown;
    sink_count++;
    log_drain();
}

void log_show_again(const struct log_sink *sink)
{
    for (unsigned i = 0; i < sink_count; i++) {
        if (sinks[i].sink != sink || !take_sink(&sinks[i]))
            continue;
        sinks[i].position = 0;
        leave_sink(&sinks[i]);
    }
    log_drain();
}

/* Who is in the middle of a line is let finish it, unless it cannot: this CPU itself, one that is stopped, or one that
 * faulted there and waits to report it. */
static void wait_for_owner(const struct sink_state *state)
{
    struct patience patience;
    const struct cpu *owner;

    patience_start(&patience);
    while ((owner = atomic_load(&state->owner)) && owner != cpu_self() &&
           !atomic_load(&owner->stopped) && !atomic_load(&owner->faulted) &&
           !patience_is_over(&patience))
        arch_cpu_relax();
}

void log_take_over(void)
{
    if (atomic_exchange(&taken_over, true))
        return;
    for (unsigned i = 0; i < sink_count; i++) {
        writing = &sinks[i];
        wait_for_owner(&sinks[i]);
        if (atomic_load(&sinks[i].owner))
            sinks[i].sink->end_line(); /* it was stopped in the middle of a line */
        show_all(&sinks[i], true);
    }
    writing = NULL;
}

void log_give_back(void)
{
    atomic_store(&taken_over, false);
    log_drain();
}

bool log_drop_failing_sink(void)
{
    bool was_writing = writing;

    if (writing)
        writing->broken = true;
    writing = NULL;
    return was_writing;
}

bool log_sink_works(const struct log_sink *sink)
{
    for (unsigned i = 0; i < sink_count; i++)
        if (sinks[i].sink == sink)
            return !sinks[i].broken;
    return false;
}

void log_raw_line(uint32_t rgb, const char *text, size_t length)
{
    for (unsigned i = 0; i < sink_count; i++) {
        if (sinks[i].broken)
            continue;
        writing = &sinks[i];
        sinks[i].sink->put(rgb, text, length);
        sinks[i].sink->end_line();
        if (sinks[i].sink->flush)
            sinks[i].sink->flush();
    }
    writing = NULL;
}

void log_exit(unsigned code)
{
    char text[16];

    log_take_over();
    log_raw_line(LOG_COLOR_TEXT, text, format(text, sizeof(text), "exit: 0x%x", code));
}

void log_tail(unsigned count, void (*show)(const char *prefix, const char *text, size_t length))
{
    uint64_t position = ring_position_back(count);
    struct log_record record;
    enum ring_result result;

    while (count-- > 0 && (result = ring_read(&position, &record, true)) != RING_END) {
        char prefix[PREFIX_MAX + 8];
        size_t length;

        if (result == RING_LOST)
            continue;
        length = format_prefix(prefix, &record);
        format(prefix + length, sizeof(prefix) - length, "%s", levels[record.level].name);
        show(prefix, record.text, record.length);
    }
}
