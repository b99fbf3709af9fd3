/* See report_text.h. A line's bytes are there before they are counted; the room for the line about missing ones is never given
 * to others. */
#include "report_text.h"

#include "lib/compiler.h"
#include "lib/format.h"
#include "lib/string.h"

#define NOTE_MAX 64 /* bytes of the line about what is missing */

static char report_bytes[REPORT_TEXT_MAX];
static size_t text_length;  /* of the lines */
static unsigned lost_lines; /* they did not fit */
static size_t note_length;  /* of the line that says so, behind the others */

void report_text_begin(void)
{
    text_length = note_length = 0;
    lost_lines = 0;
}

static void add_lost_line(void)
{
    lost_lines++;
    note_length = format(report_bytes + text_length, NOTE_MAX, "(%u more line%s: no room here)\n",
                         lost_lines, lost_lines == 1 ? "" : "s");
}

void report_text_add(const char *line, size_t length)
{
    if (lost_lines > 0 || length + 1 > sizeof(report_bytes) - NOTE_MAX - text_length) {
        add_lost_line();
        return;
    }
    memcpy(report_bytes + text_length, line, length);
    report_bytes[text_length + length] = '\n';
    compiler_barrier(); /* a fault up to here leaves the text as it was */
    text_length += length + 1;
}

struct slice report_text(void) { return (struct slice){report_bytes, text_length + note_length}; }
