/*
 * Makes plain text of the firmware's LoadOptions, if they are text at all. The specification leaves
 * their contents to whoever wrote the boot entry (UEFI 2.10, 3.1.3); the UEFI shell and most boot
 * managers pass the command line in UCS-2. So one character that no command line contains
 * disqualifies all of it.
 */
#include "lib/options.h"

/* What was passed: `count` characters from the first word on. */
struct characters {
    const uint8_t *bytes;
    size_t count;
};

static unsigned character_at(const struct characters *characters, size_t index)
{
    return characters->bytes[2 * index] | (unsigned)characters->bytes[2 * index + 1] << 8;
}

static bool is_blank(unsigned c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool is_text(unsigned c) { return is_blank(c) || (c > ' ' && c <= '~'); }

/* False when anything before the NUL or the end is no text, half a character too. */
static bool find_text(struct characters *text, const void *load_options, size_t size_bytes)
{
    *text = (struct characters){load_options, 0};
    for (; size_bytes - 2 * text->count >= 2; text->count++) {
        unsigned c = character_at(text, text->count);

        if (c == 0)
            return true;
        if (!is_text(c))
            return false;
    }
    return size_bytes % 2 == 0;
}

static void skip(struct characters *text, size_t count)
{
    text->bytes += 2 * count;
    text->count -= count;
}

static void skip_blanks(struct characters *text)
{
    while (text->count > 0 && is_blank(character_at(text, 0)))
        skip(text, 1);
}

static bool ends_in_efi(const struct characters *text, size_t word_length)
{
    static const char ending[] = ".efi";
    size_t length = sizeof(ending) - 1;

    if (word_length < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned c = character_at(text, word_length - length + i);

        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != (unsigned char)ending[i])
            return false;
    }
    return true;
}

/* The shell passes the command's own name first. */
static void skip_program_name(struct characters *text)
{
    size_t length = 0;

    while (length < text->count && !is_blank(character_at(text, length)))
        length++;
    if (ends_in_efi(text, length))
        skip(text, length);
    skip_blanks(text);
}

/*
 * How many characters fit into `room` without cutting a word in two: half a value might be a valid
 * other one.
 */
static size_t whole_words(const struct characters *text, size_t room)
{
    if (text->count <= room)
        return text->count;
    while (room > 0 && !is_blank(character_at(text, room)))
        room--;
    return room;
}

bool options_from_load_options(char *text, size_t text_size, const void *load_options,
                               size_t size_bytes, bool *cut)
{
    struct characters from;

    *cut = false;
    if (text_size == 0)
        return false;
    text[0] = '\0';
    if (!find_text(&from, load_options, size_bytes))
        return false;
    skip_blanks(&from);
    skip_program_name(&from);

    size_t length = whole_words(&from, text_size - 1);

    *cut = length < from.count;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)character_at(&from, i);
    text[length] = '\0';
    return length > 0;
}
