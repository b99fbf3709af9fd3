/*
 * Looks up each address of standard input (hexadecimal, one a line) in a symbol table, with the kernel's
 * own reader. Prints `= ADDRESS`, then a line `FUNCTION OFFSET FILE:LINE` for each place, innermost first;
 * the offset is `inlined` for calls that were inlined.
 *
 * usage: find_symbols TABLE TEXT-START DATA-START
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/symbols.h"

static void print_place(const struct symbols *symbols, const struct symbols_place *place)
{
    struct symbols_text name = symbols_name(symbols, place), file = symbols_file(symbols, place);

    printf("%.*s ", (int)name.length, name.text);
    if (place->inlined)
        printf("inlined");
    else
        printf("%lx", (unsigned long)place->offset);
    printf(" %.*s:%u\n", (int)file.length, file.text, (unsigned)place->line);
}

int main(int argument_count, char **arguments)
{
    static unsigned char table[1 << 20];
    struct symbols_place places[SYMBOLS_PLACES_MAX];
    unsigned long address;
    struct symbols symbols;
    const char *problem;
    FILE *file;

    if (argument_count != 4 || !(file = fopen(arguments[1], "rb")))
        return 2;
    problem = symbols_open(&symbols, table, fread(table, 1, sizeof(table), file),
                           strtoul(arguments[2], NULL, 16), strtoul(arguments[3], NULL, 16));
    fclose(file);
    if (problem) {
        fprintf(stderr, "%s\n", problem);
        return 1;
    }
    while (scanf("%lx", &address) == 1) {
        size_t count = symbols_find(&symbols, address, places, SYMBOLS_PLACES_MAX);

        printf("= %lx\n", address);
        for (size_t i = 0; i < count; i++)
            print_place(&symbols, &places[i]);
    }
    return 0;
}
