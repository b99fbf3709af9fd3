/*
 * Gives each word of the user's text to its option, or says what is wrong with it.
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

void options_parse(struct options *options, const char *text, size_t length,
                   const struct diagnostics *diagnostics)
{
    struct parser parser = {.options = options, .diagnostics = diagnostics};
    struct slice rest = options_text(text, length), word;

    while (options_next_word(&rest, &word))
        apply_word(&parser, word);
    if (parser.warnings > WARNINGS_SHOWN)
        diagnostics_warn(diagnostics, "%zu more words ignored", parser.warnings - WARNINGS_SHOWN);
}
