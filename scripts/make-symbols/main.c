/*
 * Makes the table with which the kernel tells addresses by name, file and line: from the symbol table of
 * kernel.elf and its DWARF data, in the form of include/lib/symbols_format.h.
 *
 * usage: make-symbols KERNEL.ELF TABLE
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "image.h"

void *grow(void *array, size_t count, size_t element_bytes)
{
    void *grown = realloc(array, count * element_bytes + 1);

    if (!grown)
        fail("not enough memory");
    return grown;
}

void fail(const char *template, ...)
{
    va_list arguments;

    va_start(arguments, template);
    fputs("make-symbols: ", stderr);
    vfprintf(stderr, template, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argument_count, char **arguments)
{
    struct image image = {0};
    uint8_t *bytes;
    size_t size;

    if (argument_count != 3) {
        fputs("usage: make-symbols KERNEL.ELF TABLE\n", stderr);
        return 2;
    }
    read_image(&image, arguments[1]);
    encode(&image, &bytes, &size);
    write_file(arguments[2], bytes, size);
    return 0;
}
