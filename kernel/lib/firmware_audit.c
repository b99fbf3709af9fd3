/* See lib/firmware_audit.h: how a check is judged, and how its finding is written. */
#include "lib/firmware_audit.h"

#include "lib/format.h"
#include "lib/string.h"

struct firmware_finding firmware_judge(const struct firmware_checks *checks, size_t *next,
                                       const struct firmware_facts *facts)
{
    const struct firmware_outcome *fired = NULL, *outcome = checks->outcomes + *next;
    const struct firmware_outcome *end = checks->outcomes + checks->count;
    unsigned number = outcome < end ? outcome->number : 0;

    if (outcome == end)
        return (struct firmware_finding){0};
    for (; outcome < end && outcome->number == number; outcome++)
        if (!fired && facts->value[outcome->fact] != 0)
            fired = outcome;
    *next = (size_t)(outcome - checks->outcomes);
    return fired ? (struct firmware_finding){fired, fired->verdict}
                 : (struct firmware_finding){outcome - 1, FIRMWARE_OK};
}

size_t firmware_line(char *line, const struct firmware_finding *finding,
                     const struct firmware_facts *facts)
{
    static const char names[][5] = {
        [FIRMWARE_OK] = "OK", [FIRMWARE_NOTE] = "NOTE", [FIRMWARE_BAD] = "BAD"};
    const struct firmware_outcome *outcome = finding->outcome;
    unsigned long value = facts->value[outcome->fact];
    size_t length = format(line, FIRMWARE_LINE_MAX, "firmware %02u %-4s %s", outcome->number,
                           names[finding->verdict], outcome->sentence);

    if (outcome->show != SHOW_NOTHING)
        length += format(line + length, FIRMWARE_LINE_MAX - length,
                         outcome->show == SHOW_COUNT ? ": %lu" : ": %lx", value);
    return length;
}

size_t firmware_text(char *text, size_t size, const struct firmware_checks *checks,
                     const struct firmware_facts *facts)
{
    struct firmware_finding finding;
    size_t length = 0, next = 0;

    while ((finding = firmware_judge(checks, &next, facts)).outcome) {
        char line[FIRMWARE_LINE_MAX];
        size_t bytes = firmware_line(line, &finding, facts);

        if (length + bytes + 2 > size)
            break;
        memcpy(text + length, line, bytes);
        text[length + bytes] = '\n';
        length += bytes + 1;
    }
    if (size > 0)
        text[length] = '\0';
    return length;
}
