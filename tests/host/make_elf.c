/* Writes the program file that tests/host/programs describes (elf_file.h): make_elf CASE.elf FILE. */
#include "elf_file.h"

int main(int argc, char **argv)
{
    struct elf_file file;
    FILE *out;
    bool written;

    if (argc != 3) {
        fprintf(stderr, "usage: make_elf CASE.elf FILE\n");
        return 2;
    }
    elf_file_read(&file, argv[1]);
    out = fopen(argv[2], "wb");
    written = out && fwrite(file.bytes, 1, file.size_bytes, out) == file.size_bytes;
    if (out)
        written = fclose(out) == 0 && written;
    free(file.bytes);
    if (!written)
        perror(argv[2]);
    return written ? 0 : 1;
}
