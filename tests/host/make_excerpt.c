/*
 * Writes the excerpt of a report, for tests that read one from a QR code. The report comes from standard input.
 *
 * usage: make_excerpt BYTES
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/report_excerpt.h"

#define REPORT_MAX 65536

int main(int argc, char **argv)
{
    static char report[REPORT_MAX], excerpt[REPORT_MAX];
    size_t length = fread(report, 1, sizeof(report), stdin);
    size_t size = argc == 2 ? (size_t)atol(argv[1]) : 0;

    if (size > sizeof(excerpt))
        return 1;
    size = report_excerpt((struct slice){report, length}, excerpt, size);
    return fwrite(excerpt, 1, size, stdout) == size && size > 0 ? 0 : 1;
}
