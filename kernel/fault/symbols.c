/* See kernel/symbols.h: the wording. lib/symbols.h finds what there is to say. */
#include "kernel/symbols.h"

#include "kernel/image.h"
#include "kernel/log.h"
#include "lib/format.h"

static struct symbols symbols; /* empty until symbols_init(): nothing is found */
static const char *problem = "it has not been checked yet";

void symbols_check(void)
{
    problem = symbols_open(&symbols, kernel_symbols_start,
                           (size_t)(kernel_symbols_end - kernel_symbols_start),
                           (vaddr_t)kernel_text_start, (vaddr_t)kernel_data_start);
}

void symbols_init(void)
{
    symbols_check();
    if (problem)
        log_warn("the symbol table is unusable: %s; reports will show bare addresses", problem);
}

const char *symbols_problem(void) { return problem; }

size_t symbols_lookup(vaddr_t address, struct symbols_place *places, size_t max)
{
    return symbols_find(&symbols, address, places, max);
}

static size_t tell_line(char *text, size_t size, const struct symbols_place *place)
{
    struct symbols_text file = symbols_file(&symbols, place);

    if (file.length == 0)
        return 0;
    if (place->line == 0)
        return format(text, size, " (%.*s:?)", (int)file.length, file.text);
    return format(text, size, " (%.*s:%u)", (int)file.length, file.text, (unsigned)place->line);
}

static size_t tell_name(char *text, size_t size, const struct symbols_place *place, bool is_return)
{
    struct symbols_text name = symbols_name(&symbols, place);

    if (place->inlined)
        return format(text, size, "%.*s", (int)name.length, name.text);
    return format(text, size, "%.*s+0x%x", (int)name.length, name.text,
                  (unsigned)place->offset + is_return);
}

static size_t tell(char *text, size_t size, vaddr_t address, bool is_return)
{
    struct symbols_place places[2]; /* the innermost call and the function itself */
    size_t length, count = symbols_lookup(address - is_return, places, 2);

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

    if (symbols_lookup(address - is_return, places, 1) == 0)
        return format(text, size, "%s", "");
    return tell_name(text, size, &places[0], is_return);
}

vaddr_t symbols_function_start(vaddr_t address)
{
    struct symbols_place places[SYMBOLS_PLACES_MAX];
    size_t count = symbols_lookup(address, places, SYMBOLS_PLACES_MAX);

    return count ? address - places[count - 1].offset : 0;
}

bool symbolize_level(char *text, size_t size, vaddr_t address, bool is_return, unsigned level)
{
    struct symbols_place places[SYMBOLS_PLACES_MAX];
    size_t length, count = symbols_lookup(address - is_return, places, SYMBOLS_PLACES_MAX);

    if (level >= count) {
        format(text, size, "%016lx", address);
        return false;
    }
    length = tell_name(text, size, &places[level], is_return);
    length += tell_line(text + length, size - length, &places[level]);
    if (places[level].inlined)
        format(text + length, size - length, " (inlined)");
    return level + 1 < count;
}
