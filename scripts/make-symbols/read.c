/* Reads the symbol table of the kernel's ELF file, and brings functions, lines and variables into runs. */
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"

/* One symbol with a type; those of the linker script have none. */
struct symbol {
    const char *name;
    uint64_t start, bytes;
    bool is_function, is_global;
};

struct symbols {
    struct symbol *all;
    size_t count;
};

int string_number(struct image *image, const char *string)
{
    for (size_t i = 0; i < image->string_count; i++)
        if (strcmp(image->strings[i], string) == 0)
            return (int)i;
    image->strings = grow(image->strings, image->string_count + 1, sizeof(char *));
    image->strings[image->string_count] = grow(NULL, strlen(string) + 1, 1);
    strcpy(image->strings[image->string_count], string);
    return (int)image->string_count++;
}

int add_node(struct image *image, struct node node)
{
    image->nodes = grow(image->nodes, image->node_count + 1, sizeof(node));
    image->nodes[image->node_count] = node;
    return (int)image->node_count++;
}

static void add_run(struct image *image, uint64_t start, struct origin origin)
{
    image->runs = grow(image->runs, image->run_count + 1, sizeof(struct run));
    image->runs[image->run_count++] = (struct run){start, origin};
}

/* The symbol table's section and the strings that belong to it. */
static Elf_Data *find_symbols(Elf *elf, size_t *count, size_t *strings)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;

    while ((section = elf_nextscn(elf, section)))
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB) {
            *count = header.sh_size / header.sh_entsize;
            *strings = header.sh_link;
            return elf_getdata(section, NULL);
        }
    fail("it has no symbol table");
}

/* A symbol of the linker script that marks a place. */
static uint64_t place(Elf *elf, const char *name)
{
    size_t count, strings;
    Elf_Data *data = find_symbols(elf, &count, &strings);
    GElf_Sym symbol;

    for (size_t i = 0; i < count; i++)
        if (gelf_getsym(data, (int)i, &symbol) &&
            strcmp(elf_strptr(elf, strings, symbol.st_name), name) == 0)
            return symbol.st_value;
    fail("it has no symbol %s", name);
}

/* From an address to struct image's offset; false for what lies elsewhere, as the table itself does. */
static bool to_offset(const struct image *image, uint64_t address, uint64_t *offset)
{
    if (address >= image->data_start)
        *offset = address - image->data_start + image->fixed_bytes;
    else
        *offset = address - image->text_start;
    return *offset < (address >= image->data_start ? image->image_bytes : image->fixed_bytes);
}

static struct symbols read_symbols(const struct image *image, Elf *elf)
{
    struct symbols symbols = {0};
    size_t count, strings;
    Elf_Data *data = find_symbols(elf, &count, &strings);
    GElf_Sym symbol;
    uint64_t start;

    for (size_t i = 0; i < count; i++) {
        unsigned type = gelf_getsym(data, (int)i, &symbol) ? GELF_ST_TYPE(symbol.st_info) : 0;

        if ((type != STT_FUNC && type != STT_OBJECT) || symbol.st_shndx == SHN_UNDEF ||
            !to_offset(image, symbol.st_value, &start) ||
            (type == STT_FUNC) != (start < image->text_bytes))
            continue;
        symbols.all = grow(symbols.all, symbols.count + 1, sizeof(struct symbol));
        symbols.all[symbols.count++] =
            (struct symbol){elf_strptr(elf, strings, symbol.st_name), start, symbol.st_size,
                            type == STT_FUNC, GELF_ST_BIND(symbol.st_info) == STB_GLOBAL};
    }
    return symbols;
}

/* By address; of several names for one place the global one first, then by name, so that the order is
 * the same in every build. */
static int compare_symbols(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    if (a->is_global != b->is_global)
        return a->is_global ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Another name for the same place, or for a part of a variable. */
static bool is_alias(const struct symbol *symbol, const struct symbol *before)
{
    return symbol->start == before->start ||
           (!symbol->is_function && symbol->start < before->start + before->bytes);
}

/* One symbol for each place, none reaching into the next; assembly code often says no size, and then it
 * reaches up to the next. */
static void sort_symbols(const struct image *image, struct symbols *symbols)
{
    size_t kept = 0;

    qsort(symbols->all, symbols->count, sizeof(struct symbol), compare_symbols);
    for (size_t i = 0; i < symbols->count; i++)
        if (kept == 0 || !is_alias(&symbols->all[i], &symbols->all[kept - 1]))
            symbols->all[kept++] = symbols->all[i];
    symbols->count = kept;
    for (size_t i = 0; i < kept; i++) {
        struct symbol *symbol = &symbols->all[i];
        uint64_t next = i + 1 < kept ? symbols->all[i + 1].start : image->image_bytes;

        if (symbol->is_function && next > image->text_bytes)
            next = image->text_bytes;
        if (symbol->bytes == 0 || symbol->bytes > next - symbol->start)
            symbol->bytes = next - symbol->start;
    }
}

static int add_symbol(struct image *image, const struct symbol *symbol)
{
    return add_node(image, (struct node){.name = string_number(image, symbol->name),
                                         .file = NONE,
                                         .parent = NONE,
                                         .start = symbol->start,
                                         .bytes = symbol->bytes});
}

static bool is_same(const struct origin *a, const struct origin *b)
{
    return a->node == b->node && a->file == b->file && a->line == b->line;
}

/* Text: what each byte says, in runs. Padding has no origin, whatever the line program says of it. */
static void add_text_runs(struct image *image, struct origin *text)
{
    for (uint64_t at = 0; at < image->text_bytes; at++) {
        if (text[at].node == NONE)
            text[at] = (struct origin){NONE, NONE, 0};
        if (at == 0 || !is_same(&text[at], &text[at - 1]))
            add_run(image, at, text[at]);
    }
}

static void add_variable(struct image *image, const struct symbol *symbol)
{
    const struct origin nothing = {NONE, NONE, 0};
    struct run *last = &image->runs[image->run_count - 1];
    struct origin origin = {add_symbol(image, symbol), NONE, 0};

    if (last->start == symbol->start)
        last->origin = origin; /* follows the one before without a gap */
    else
        add_run(image, symbol->start, origin);
    add_run(image, symbol->start + symbol->bytes, nothing);
}

static void read_places(struct image *image, Elf *elf)
{
    image->text_start = place(elf, "kernel_text_start");
    image->data_start = place(elf, "kernel_data_start");
    image->text_bytes = place(elf, "kernel_text_end") - image->text_start;
    image->fixed_bytes = place(elf, "kernel_symbols_start") - image->text_start;
    image->image_bytes = image->fixed_bytes + place(elf, "kernel_image_end") - image->data_start;
}

static void read_functions(struct image *image, const struct symbols *symbols, struct origin *text)
{
    for (size_t i = 0; i < symbols->count; i++)
        if (symbols->all[i].is_function) {
            int node = add_symbol(image, &symbols->all[i]);

            for (uint64_t at = 0; at < symbols->all[i].bytes; at++)
                text[symbols->all[i].start + at].node = node;
        }
}

void read_image(struct image *image, const char *path)
{
    int file = open(path, O_RDONLY);
    Dwarf *dwarf = dwarf_begin(file, DWARF_C_READ);
    Elf *elf = dwarf ? dwarf_getelf(dwarf) : NULL;
    struct symbols symbols;
    struct origin *text;

    if (!elf)
        fail("%s: %s", path, dwarf_errmsg(-1));
    read_places(image, elf);
    symbols = read_symbols(image, elf);
    sort_symbols(image, &symbols);
    text = grow(NULL, image->text_bytes, sizeof(struct origin));
    for (uint64_t at = 0; at < image->text_bytes; at++)
        text[at] = (struct origin){NONE, NONE, 0};
    read_functions(image, &symbols, text);
    read_lines(image, dwarf, text);
    add_text_runs(image, text);
    add_run(image, image->text_bytes, (struct origin){NONE, NONE, 0});
    for (size_t i = 0; i < symbols.count; i++)
        if (!symbols.all[i].is_function)
            add_variable(image, &symbols.all[i]);
    free(text);
    free(symbols.all);
    dwarf_end(dwarf);
    close(file);
}
