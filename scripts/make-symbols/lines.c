/*
 * DWARF: lines and inlined calls, painted over the bytes of text. Of several rows for one address the
 * last one counts, as for binutils' addr2line. (DWARF 5, 6.2 "Line Number Information", 3.3.8
 * "Inlinable and Inlined Subroutines".)
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

/* An inlined call as DWARF has it. A function that the compiler split has two symbols, and then the
 * call becomes a node in each that it has code in. */
struct call {
    Dwarf_Die die;
    int parent; /* the call that it lies in, NONE: the function itself */
};

struct calls {
    struct call *all;
    size_t count;
};

/* Paths are as the compiler was told them: relative to the source tree, here without "./". */
static int file_number(struct image *image, const char *path)
{
    return path ? string_number(image, strncmp(path, "./", 2) == 0 ? path + 2 : path) : NONE;
}

static bool to_text(const struct image *image, Dwarf_Addr address, uint64_t *offset)
{
    *offset = address - image->text_start;
    return *offset < image->text_bytes;
}

static void paint_row(struct image *image, Dwarf_Line *row, Dwarf_Addr end, struct origin *text)
{
    Dwarf_Addr start;
    uint64_t at;
    int line, file;

    if (dwarf_lineaddr(row, &start) != 0 || dwarf_lineno(row, &line) != 0)
        fail("a line cannot be read: %s", dwarf_errmsg(-1));
    file = file_number(image, dwarf_linesrc(row, NULL, NULL));
    for (; start < end && to_text(image, start, &at); start++) {
        text[at].file = file;
        text[at].line = (uint32_t)line;
    }
}

static void paint_lines(struct image *image, Dwarf_Die *unit, struct origin *text)
{
    Dwarf_Lines *rows;
    Dwarf_Addr next;
    size_t count;
    bool is_end;

    if (dwarf_getsrclines(unit, &rows, &count) != 0)
        return; /* a unit without code */
    for (size_t i = 0; i + 1 < count; i++) {
        Dwarf_Line *row = dwarf_onesrcline(rows, i);

        if (dwarf_lineendsequence(row, &is_end) == 0 && !is_end &&
            dwarf_lineaddr(dwarf_onesrcline(rows, i + 1), &next) == 0)
            paint_row(image, row, next, text);
    }
}

/* Numbers into `called` the innermost call for each byte; callers come before what they call. */
static void paint_call(const struct image *image, Dwarf_Die *die, int number, int *called)
{
    Dwarf_Addr base, low, high;
    ptrdiff_t more = 0;
    uint64_t at;

    while ((more = dwarf_ranges(die, more, &base, &low, &high)) > 0)
        for (; low < high && to_text(image, low, &at); low++)
            called[at] = number;
}

static void collect_calls(const struct image *image, Dwarf_Die *die, int parent,
                          struct calls *calls, int *called)
{
    Dwarf_Die child;

    if (dwarf_child(die, &child) != 0)
        return;
    do {
        int inside = parent;

        if (dwarf_tag(&child) == DW_TAG_inlined_subroutine) {
            inside = (int)calls->count++;
            calls->all = grow(calls->all, calls->count, sizeof(struct call));
            calls->all[inside] = (struct call){child, parent};
            paint_call(image, &child, inside, called);
        }
        collect_calls(image, &child, inside, calls, called);
    } while (dwarf_siblingof(&child, &child) == 0);
}

static uint64_t number_of(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;

    return dwarf_formudata(dwarf_attr(die, name, &attribute), &value) == 0 ? value : 0;
}

static int call_file(struct image *image, Dwarf_Die *die)
{
    Dwarf_Die unit;
    Dwarf_Files *files;
    size_t count;

    if (!dwarf_diecu(die, &unit, NULL, NULL) || dwarf_getsrcfiles(&unit, &files, &count) != 0)
        return NONE;
    return file_number(image, dwarf_filesrc(files, number_of(die, DW_AT_call_file), NULL, NULL));
}

/* The node for a call within a function: made when it is first needed. */
static int node_of(struct image *image, struct calls *calls, int number, int function)
{
    Dwarf_Die *die;
    struct node node;

    if (number == NONE)
        return function;
    die = &calls->all[number].die;
    node = (struct node){.name = string_number(image, dwarf_diename(die)),
                         .file = file_number(image, dwarf_decl_file(die)),
                         .parent = node_of(image, calls, calls->all[number].parent, function),
                         .call_file = call_file(image, die),
                         .call_line = (uint32_t)number_of(die, DW_AT_call_line)};
    for (size_t i = 0; i < image->node_count; i++) {
        const struct node *known = &image->nodes[i];

        if (known->parent == node.parent && known->name == node.name && known->file == node.file &&
            known->call_file == node.call_file && known->call_line == node.call_line)
            return (int)i;
    }
    return add_node(image, node);
}

/* The files of functions: what most of their lines are from. */
static void set_function_files(struct image *image, const struct origin *text)
{
    for (uint64_t at = 0; at < image->text_bytes; at++)
        if (text[at].node != NONE && image->nodes[text[at].node].file == NONE)
            image->nodes[text[at].node].file = text[at].file;
}

void read_lines(struct image *image, struct Dwarf *dwarf, struct origin *text)
{
    int *called = grow(NULL, image->text_bytes, sizeof(int));
    struct calls calls = {0};
    Dwarf_CU *unit = NULL;
    Dwarf_Die die;

    for (uint64_t at = 0; at < image->text_bytes; at++)
        called[at] = NONE;
    while (dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL) == 0) {
        paint_lines(image, &die, text);
        collect_calls(image, &die, NONE, &calls, called);
    }
    set_function_files(image, text);
    for (uint64_t at = 0; at < image->text_bytes; at++)
        if (text[at].node != NONE)
            text[at].node = node_of(image, &calls, called[at], text[at].node);
    free(calls.all);
    free(called);
}
