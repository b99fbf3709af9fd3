/* See lib/command.h. */
#include "lib/command.h"

#include "lib/align.h"
#include "lib/string.h"

#define SEPARATOR       ':'
#define STACK_ALIGNMENT 16 /* System V ABI, AMD64 supplement, 3.4.1 */

/* The texts with their NULs, argc, argv with its end, and what aligns each. */
_Static_assert(COMMAND_BYTES_MAX + 1 + (COMMAND_ARGUMENTS_MAX + 2) * 8 + 2 * STACK_ALIGNMENT <=
                   PAGE_SIZE,
               "one page holds every command");

struct slice command_name(struct slice command)
{
    struct slice name;

    slice_split(&name, &command, SEPARATOR);
    return name;
}

static size_t count_arguments(struct slice command)
{
    size_t count = 1;

    for (size_t i = 0; i < command.length; i++)
        count += command.text[i] == SEPARATOR;
    return count;
}

const char *command_check(struct slice command)
{
    struct slice name = command_name(command);

    if (name.length == 0 || name.length > COMMAND_NAME_MAX)
        return "a program's name has 1 to 47 characters";
    for (size_t i = 0; i < name.length; i++)
        if (name.text[i] <= ' ' || name.text[i] > '~')
            return "a character of the name is not printable";
    if (command.length > COMMAND_BYTES_MAX)
        return "it is longer than 511 bytes";
    if (strnlen(command.text, command.length) < command.length)
        return "there is a NUL in it";
    if (count_arguments(command) > COMMAND_ARGUMENTS_MAX)
        return "it has more than 16 arguments";
    return NULL;
}

vaddr_t command_write_stack(struct slice command, uint8_t page[PAGE_SIZE], vaddr_t page_end)
{
    size_t count = count_arguments(command);
    /* Each separator becomes a NUL, and one more ends the last. */
    size_t texts = PAGE_SIZE - (command.length + 1);
    size_t at = align_down(texts - (count + 2) * sizeof(uint64_t), STACK_ALIGNMENT);
    uint64_t *word = (uint64_t *)(page + at);

    *word++ = count;
    for (struct slice part; count > 0; count--) {
        slice_split(&part, &command, SEPARATOR);
        *word++ = page_end - PAGE_SIZE + texts;
        memcpy(page + texts, part.text, part.length);
        texts += part.length + 1;
    }
    return page_end - PAGE_SIZE + at;
}
