/* See kernel/symbols.h: the wording. lib/symbols.h finds what there is to say. */
#include "kernel/symbols.h"

#include "kernel/image.h"
#include "kernel/log.h"
#include "lib/format.h"
#include "lib/symbols.h"

static struct symbols symbols; /* empty until symbols_init(): nothing is found */
static const char *problem = "it has not been checked yet";

void symbols_init(void)
{
    problem = symbols_open(&symbols, kernel_symbols_start,
                           (size_t)(kernel_symbols_end - kernel_symbols_start),
                           (vaddr_t)kernel_text_start, (vaddr_t)kernel_data_start);
    if (problem)
        log_warn("the symbol table is unusable: %s; reports will show bare addresses", problem);
}

const char *symbols_problem(void) { return problem; }

static size_t tell_line(char *text, size_t size, const struct symbols_place *place)
{
    if (place->file.length == 0)
        return 0;
    if (place->line == 0)
        return format(text, size, " (%.*s:?)", (int)place->file.length, place->file.text);
    return format(text, size, " (%.*s:%u)", (int)place->file.length, place->file.text,
                  (unsigned)place->line);
}

static size_t tell_name(char *text, size_t size, const struct symbols_place *place, bool is_return)
{
    return format(text, size, "%.*s+0x%lx", (int)place->name.length, place->name.text,
                  (unsigned long)place->offset + is_return);
}

static size_t tell(char *text, size_t size, vaddr_t address, bool is_return)
{
    struct symbols_place places[2]; /* the innermost call and the function itself */
    size_t length, count = symbols_find(&symbols, address - is_return, places, 2);

    if (count == 0)
        return format(text, size, "%016lx", address);
    length = tell_name(text, size, &places[count - 1], is_return);
    return length + tell_line(text + length, size - length, &places[0]);
}

size_t symbolize(char *text, size_t size, vaddr_t address)
{
    return tell(text, size, address, false);
}

size_t symbolize_return(char *text, size_t size, vaddr_t address)
{
    return tell(text, size, address, true);
}

size_t symbolize_name(char *text, size_t size, vaddr_t address, bool is_return)
{
    struct symbols_place places[1];

    if (symbols_find(&symbols, address - is_return, places, 1) == 0)
        return format(text, size, "%s", "");
    return tell_name(text, size, &places[0], is_return);
}

bool symbolize_level(char *text, size_t size, vaddr_t address, bool is_return, unsigned level)
{
    struct symbols_place places[SYMBOLS_PLACES_MAX];
    size_t length, count = symbols_find(&symbols, address - is_return, places, SYMBOLS_PLACES_MAX);

    if (level >= count) {
        format(text, size, "%016lx", address);
        return false;
    }
    if (places[level].inlined)
        length =
            format(text, size, "%.*s", (int)places[level].name.length, places[level].name.text);
    else
        length = tell_name(text, size, &places[level], is_return);
    length += tell_line(text + length, size - length, &places[level]);
    if (places[level].inlined)
        format(text + length, size - length, " (inlined)");
    return level + 1 < count;
}
