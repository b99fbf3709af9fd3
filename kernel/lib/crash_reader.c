/*
 * Puts a report together again from parts of which any may be missing or damaged, and chooses where the next one goes. What
 * is left of a report is better than none: what is missing is said in its place.
 */
#include "lib/compiler.h"
#include "lib/crash_record.h"
#include "lib/format.h"
#include "lib/string.h"

void crash_reader_begin(struct crash_reader *reader, char *text, size_t room)
{
    *reader = (struct crash_reader){.text = text, .room = room};
}

/* The first part that can be read says what report this is. */
static const char *check_membership(struct crash_reader *reader, unsigned number,
                                    const struct crash_part *part)
{
    if (!reader->is_known) {
        reader->is_known = true;
        reader->facts = part->facts;
        reader->part_count = part->count;
        reader->record_bytes = part->record_bytes;
    }
    if (part->number != number)
        return "it is another part";
    if (part->facts.sequence != reader->facts.sequence || part->count != reader->part_count ||
        part->record_bytes != reader->record_bytes)
        return "it belongs to another report";
    return NULL;
}

static void note_problem(struct crash_reader *reader, unsigned part, const char *problem)
{
    if (!reader->problem) {
        reader->problem = problem;
        reader->problem_part = part;
    }
    reader->length += format(reader->text + reader->length, reader->room - reader->length,
                             "\n(part %u of this report is lost: %s)\n", part + 1, problem);
}

void crash_reader_add(struct crash_reader *reader, unsigned part, const uint8_t *bytes, size_t size)
{
    struct crash_part read;
    const char *problem = bytes ? crash_part_read(&read, bytes, size) : "it is missing";

    if (!problem)
        problem = check_membership(reader, part, &read);
    if (!problem && read.text.length > reader->room - reader->length)
        problem = "there is no room for it";
    if (problem) {
        note_problem(reader, part, problem);
        return;
    }
    memcpy(reader->text + reader->length, read.text.text, read.text.length);
    reader->length += read.text.length;
    reader->good_bytes += read.text.length;
}

const char *crash_reader_end(struct crash_reader *reader)
{
    if (!reader->problem && !reader->is_known)
        note_problem(reader, 0, "it is missing");
    if (!reader->problem && reader->good_bytes != reader->record_bytes)
        note_problem(reader, reader->part_count, "all parts together have another length");
    return reader->problem;
}

void crash_facts_text(char *text, size_t size, const struct crash_facts *facts)
{
    const struct crash_time *time = &facts->boot_time;
    char when[48] = "";

    if (time->year != 0)
        format(when, sizeof(when), ", boot of %04u-%02u-%02u %02u:%02u:%02u", time->year,
               time->month, time->day, time->hour, time->minute, time->second);
    format(text, size, "build %s%s, %lu.%03lu s after the kernel began", facts->build_id, when,
           (unsigned long)(facts->uptime_ms / 1000), (unsigned long)(facts->uptime_ms % 1000));
}

/* Sequence numbers begin at 1: 2^32 of them last longer than any flash. */
unsigned crash_choose_slot(const struct crash_slot slots[CRASH_SLOTS], uint32_t *sequence)
{
    unsigned slot = 0;

    *sequence = 1;
    for (unsigned i = 0; i < CRASH_SLOTS; i++)
        if (slots[i].is_used && slots[i].sequence >= *sequence) {
            *sequence = slots[i].sequence + 1;
            slot = i;
        }
    for (unsigned i = CRASH_SLOTS; i-- > 0;)
        if (!slots[i].is_used)
            slot = i;
    return slot;
}
