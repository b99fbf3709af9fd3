/*
 * Finds the words in the user's text and gives each to its option, or says what is wrong with it.
 * Nothing here knows any option by name.
 */
#include "lib/edit_distance.h"
#include "lib/string.h"
#include "options_internal.h"

#define QUOTE_MAX 40

/* A text that was not meant for us makes a warning of every word; so many are shown. */
#define WARNINGS_SHOWN 16

struct parser {
    struct options *options;
    const struct diagnostics *diagnostics;
    size_t warnings;
};

static const struct option_row *find_row(struct slice name)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if (slice_is(name, option_rows[i].name))
            return &option_rows[i];
    }
    return NULL;
}

/* NULL: none. */
static const char *nearest_name(struct slice name)
{
    struct nearest nearest = nearest_begin(name);

    for (size_t i = 0; i < option_row_count; i++)
        nearest_offer(&nearest, option_rows[i].name);
    return nearest.name;
}

static void warn_word(struct parser *parser, struct slice word, const char *problem,
                      const char *detail)
{
    char quoted[QUOTE_MAX + 1];
    size_t length = 0;

    if (parser->warnings++ >= WARNINGS_SHOWN)
        return;
    for (; length < word.length && length < QUOTE_MAX; length++)
        quoted[length] =
            word.text[length] >= ' ' && word.text[length] <= '~' ? word.text[length] : '?';
    quoted[length] = '\0';
    diagnostics_warn(parser->diagnostics, "option \"%s\" ignored: %s%s", quoted, problem, detail);
}

static void apply_word(struct parser *parser, struct slice word)
{
    struct slice name, value = word;
    bool has_value = slice_split(&name, &value, '=');
    const struct option_row *row = find_row(name);

    if (row == NULL) {
        const char *nearest = nearest_name(name);

        warn_word(parser, word, nearest ? "no such option, the nearest is " : "no such option",
                  nearest ? nearest : "");
        return;
    }
    if (!has_value && row->implied)
        value = (struct slice){row->implied, strlen(row->implied)};
    if (!row->set(parser->options, value))
        warn_word(parser, word, "the value must be ", row->values);
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool ends_line(char c) { return c == '\n' || c == '\r'; }

/*
 * Cuts the next word or comment off *rest and returns its word, empty for a comment. *rest must not
 * begin blank.
 */
static struct slice next_word(struct slice *rest)
{
    bool comment = rest->text[0] == '#';
    size_t length = 0;

    while (length < rest->length &&
           !(comment ? ends_line(rest->text[length])
                     : is_blank(rest->text[length]) || rest->text[length] == '#'))
        length++;

    struct slice word = {rest->text, comment ? 0 : length};

    *rest = (struct slice){rest->text + length, rest->length - length};
    return word;
}

void options_parse(struct options *options, const char *text, size_t length,
                   const struct diagnostics *diagnostics)
{
    struct parser parser = {.options = options, .diagnostics = diagnostics};
    struct slice rest = {text, length};

    /*
     * Editors on Windows put a byte order mark (EF BB BF) in front, and the file may well come from
     * there.
     */
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        rest = (struct slice){text + 3, length - 3};
    while (rest.length > 0) {
        if (is_blank(rest.text[0])) {
            rest = (struct slice){rest.text + 1, rest.length - 1};
            continue;
        }

        struct slice word = next_word(&rest);

        if (word.length > 0)
            apply_word(&parser, word);
    }
    if (parser.warnings > WARNINGS_SHOWN)
        diagnostics_warn(diagnostics, "%zu more words ignored", parser.warnings - WARNINGS_SHOWN);
}
