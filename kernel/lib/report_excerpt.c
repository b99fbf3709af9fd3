/* See lib/report_excerpt.h. */
#include "lib/report_excerpt.h"

#include <stdint.h>

#include "lib/compiler.h"
#include "lib/string.h"

#define FRAMES_KEPT 6

/* What a line is worth: lines of the highest numbers are left out first. */
enum rank {
    ALWAYS_WITHOUT_FILES, /* the places of frames without their file and line */
    ALWAYS,
    NOTES, /* lines about the report itself, and those of labels that are not known here */
    CHANGED,
    STACK,
    POINTERS,
    OTHER_CPUS,
    LOG,
    MORE_FRAMES,
    ENTRIES,
    OPTIONS,
    MEMORY,
    REPEATED, /* what stands above already */
};

static const struct label {
    const char *name;
    enum rank first, others; /* of the label's line, and of those that continue it */
} labels[] = {
    {"cause", ALWAYS, ALWAYS},
    {"at", ALWAYS, NOTES},
    {"error", ALWAYS, ALWAYS},
    {"details", ALWAYS, ALWAYS},
    {"operand", ALWAYS, NOTES},
    {"address", ALWAYS, ENTRIES},
    {"stack", STACK, STACK},
    {"changed", CHANGED, CHANGED},
    {"registers", ALWAYS, ALWAYS},
    {"pointers", POINTERS, POINTERS},
    {"code", ALWAYS, NOTES},
    {"backtrace", ALWAYS, ALWAYS},
    {"memory", MEMORY, MEMORY},
    {"other CPUs", OTHER_CPUS, OTHER_CPUS},
    {"log", LOG, LOG},
    {"system", ALWAYS, OPTIONS},
    {"in short", REPEATED, REPEATED},
    {"next", REPEATED, REPEATED},
    {"*** END OF REPORT", REPEATED, REPEATED},
};
static const struct label headline = {"*** FAULT or *** PANIC", ALWAYS, NOTES};
static const struct label unknown = {"", NOTES, NOTES};

/* Where in the report a walk over its lines is. */
struct place {
    const struct label *label;
    unsigned frames; /* of the backtrace up to here */
};

/* Counts all that is put, and keeps what fits. */
struct writer {
    char *text;
    size_t size, length;
};

static bool starts_with(struct slice text, const char *start)
{
    return text.length >= strlen(start) && memcmp(text.text, start, strlen(start)) == 0;
}

struct slice report_label(struct slice line)
{
    if (starts_with(line, "*** "))
        return line;
    if (line.length > REPORT_LABEL_WIDTH)
        line.length = REPORT_LABEL_WIDTH;
    while (line.length > 0 && line.text[line.length - 1] == ' ')
        line.length--;
    return line;
}

static const struct label *find_label(struct slice name)
{
    for (unsigned i = 0; i < ARRAY_COUNT(labels); i++)
        if (slice_is(name, labels[i].name))
            return &labels[i];
    return starts_with(name, "*** ") ? &headline : &unknown;
}

static struct slice without_label(struct slice line)
{
    size_t label = line.length < REPORT_LABEL_WIDTH ? line.length : REPORT_LABEL_WIDTH;

    return (struct slice){line.text + label, line.length - label};
}

/* Between frames stand lines about interrupts and repetitions, too. */
static bool is_frame(struct slice line) { return starts_with(without_label(line), "#"); }

static enum rank rank_in_backtrace(struct place *place, struct slice line)
{
    if (is_frame(line))
        place->frames++;
    return place->frames > FRAMES_KEPT ? MORE_FRAMES : ALWAYS;
}

static enum rank rank_of(struct place *place, struct slice line)
{
    struct slice name = report_label(line);

    if (name.length > 0)
        place->label = find_label(name);
    if (strcmp(place->label->name, "backtrace") == 0)
        return rank_in_backtrace(place, line);
    return name.length > 0 ? place->label->first : place->label->others;
}

static void put(struct writer *writer, char c)
{
    if (writer->length < writer->size)
        writer->text[writer->length] = c;
    writer->length++;
}

/* Any number of blanks becomes one, which tells that a line continues the one above, too. */
static void put_line(struct writer *writer, struct slice line)
{
    while (line.length > 0 && line.text[line.length - 1] == ' ')
        line.length--;
    for (size_t i = 0; i < line.length; i++)
        if (i == 0 || line.text[i] != ' ' || line.text[i - 1] != ' ')
            put(writer, line.text[i]);
    put(writer, '\n');
}

/* "#12 name+0x1c (file.c:87)" up to the parenthesis. */
static struct slice without_file(struct slice line)
{
    for (size_t i = 0; i < line.length; i++)
        if (line.text[i] == '(')
            return (struct slice){line.text, i};
    return line;
}

/* All lines up to a rank. */
static size_t write_up_to(enum rank rank, struct slice report, char *excerpt, size_t size)
{
    enum rank most = rank < ALWAYS ? ALWAYS : rank;
    struct writer writer = {excerpt, size, 0};
    struct place place = {&unknown, 0};
    struct slice line;

    while (report.length > 0) {
        slice_split(&line, &report, '\n');
        if (rank_of(&place, line) > most)
            continue;
        put_line(&writer, rank < ALWAYS && is_frame(line) ? without_file(line) : line);
    }
    return writer.length;
}

size_t report_excerpt(struct slice report, char *excerpt, size_t size)
{
    for (unsigned rank = REPEATED + 1; rank-- > ALWAYS_WITHOUT_FILES;) {
        size_t length = write_up_to(rank, report, excerpt, size);

        if (length <= size)
            return length;
    }
    return 0;
}
