/* A report's lines as rows of limited length. See lib/report_layout.h. */
#include "lib/report_layout.h"

#include "lib/report_excerpt.h"
#include "lib/utf8.h"

#define NARROW        80 /* columns: below that, lines that continue another are indented less */
#define NARROW_INDENT 4

static struct slice behind(struct slice text, size_t bytes)
{
    return (struct slice){text.text + bytes, text.length - bytes};
}

static struct slice skip_blanks(struct slice text)
{
    while (text.length > 0 && text.text[0] == ' ')
        text = behind(text, 1);
    return text;
}

/* How many bytes so many columns have. */
static size_t bytes_of(struct slice text, uint32_t columns)
{
    const char *at = text.text, *end = text.text + text.length;

    while (at < end && columns-- > 0)
        utf8_next(&at, end);
    return (size_t)(at - text.text);
}

/* Where to break before `most` bytes: at two blanks, which stand between things, if the row gets half full by that, else at one,
 * else anywhere. The line goes on at `most`. */
static size_t find_break(struct slice line, size_t most)
{
    size_t single = 0;

    for (size_t at = most; at > 0; at--) {
        if (line.text[at] != ' ')
            continue;
        if (single == 0)
            single = at;
        if (at >= most / 2 && at + 1 < line.length && line.text[at + 1] == ' ')
            return at;
    }
    return single ? single : most;
}

struct slice report_break_line(struct slice *line, uint32_t columns)
{
    size_t most = bytes_of(*line, columns);
    struct slice row = *line;

    if (most < line->length)
        row.length = find_break(*line, most);
    *line = skip_blanks(behind(*line, row.length));
    while (row.length > 0 && row.text[row.length - 1] == ' ')
        row.length--;
    return row;
}

void report_rows_begin(struct report_rows *rows, struct slice report, uint32_t columns)
{
    *rows = (struct report_rows){.report = report, .columns = columns};
}

static uint32_t indent_for(uint32_t columns)
{
    return columns < NARROW ? NARROW_INDENT : REPORT_LABEL_WIDTH;
}

/* The next line but for the cause's; false when there is none. */
static bool next_line(struct report_rows *rows)
{
    do {
        if (rows->report.length == 0)
            return false;
        slice_split(&rows->line, &rows->report, '\n');
    } while (slice_is(report_label(rows->line), "cause"));
    rows->indent = 0;
    return true;
}

/* A line's first row: with its label, or as what continues the line above. */
static void begin_line(struct report_rows *rows, struct report_row *row)
{
    struct slice label = report_label(rows->line);

    row->is_headline =
        label.length > 0 && label.length == rows->line.length && label.text[0] == '*';
    if (!row->is_headline)
        row->label_columns = (uint32_t)label.length;
    if (label.length > 0 || rows->line.length == 0)
        return;
    rows->line = skip_blanks(rows->line);
    rows->indent = indent_for(rows->columns);
}

bool report_rows_next(struct report_rows *rows, struct report_row *row)
{
    *row = (struct report_row){.is_headline = false};
    if (rows->line.length == 0) {
        if (!next_line(rows))
            return false;
        begin_line(rows, row);
    }
    row->indent = rows->indent;
    row->text = report_break_line(&rows->line, rows->columns - rows->indent);
    rows->indent = indent_for(rows->columns);
    return true;
}

struct slice report_cause_text(struct slice report)
{
    struct slice line;

    while (report.length > 0) {
        slice_split(&line, &report, '\n');
        if (slice_is(report_label(line), "cause"))
            return behind(line,
                          line.length < REPORT_LABEL_WIDTH ? line.length : REPORT_LABEL_WIDTH);
    }
    return (struct slice){report.text, 0};
}

uint32_t report_page_count(struct slice report, uint32_t columns, uint32_t rows)
{
    struct report_rows walk;
    struct report_row row;
    uint32_t count = 0;

    report_rows_begin(&walk, report, columns);
    while (report_rows_next(&walk, &row))
        count++;
    return count <= rows ? 1 : (count + rows - 1) / rows;
}
