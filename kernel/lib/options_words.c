/* The words in the user's text: what lies between blanks, comments and a byte order mark. */
#include "lib/format.h"
#include "lib/string.h"
#include "options_internal.h"

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool ends_line(char c) { return c == '\n' || c == '\r'; }

static void pass(struct slice *rest, size_t length)
{
    *rest = (struct slice){rest->text + length, rest->length - length};
}

/* A comment ends with its line. */
static void pass_what_is_no_word(struct slice *rest)
{
    bool comment = false;

    for (; rest->length > 0 && (comment || is_blank(*rest->text) || *rest->text == '#');
         pass(rest, 1))
        comment = (comment && !ends_line(*rest->text)) || *rest->text == '#';
}

struct slice options_text(const char *text, size_t length)
{
    struct slice rest = {text, length};

    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        pass(&rest, 3);
    return rest;
}

bool options_next_word(struct slice *rest, struct slice *word)
{
    size_t length = 0;

    pass_what_is_no_word(rest);
    while (length < rest->length && !is_blank(rest->text[length]) && rest->text[length] != '#')
        length++;
    *word = (struct slice){rest->text, length};
    pass(rest, length);
    return length > 0;
}

static bool add(char *text, size_t size, struct slice word)
{
    size_t length = strlen(text), blank = length > 0;

    if (length + blank + word.length >= size)
        return false;
    format(text + length, size - length, "%s%.*s", blank ? " " : "", (int)word.length, word.text);
    return true;
}

bool options_join(char *text, size_t size, struct slice options, const char *name,
                  const char *value)
{
    char last[2 * OPTION_NAME_MAX + 2];
    struct slice rest = options_text(options.text, options.length), word;

    text[0] = '\0';
    while (options_next_word(&rest, &word))
        if (!add(text, size, word))
            return false;
    if (!name)
        return true;
    word = (struct slice){last, format(last, sizeof(last), "%s=%s", name, value)};
    return add(text, size, word);
}
