/*
 * Parts of a report of any content, and a reader that must keep to its room whatever they are. The first byte of each says
 * how long it is, in eights, and whether it is given a magic number, a version and a checksum that fit: without those
 * nothing would get past the first checks.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/checksum.h"
#include "lib/crash_record.h"

#define ROOM       700
#define BYTES_MAX  512
#define FIT        1
#define CHECKSUM   8
#define SEQUENCE   20
#define TEXT_BYTES 32

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void make_fit(uint8_t *bytes, size_t size)
{
    struct crash_record record = {.facts.sequence = 1, .text = {"x", 1}};
    uint32_t text_bytes = (uint32_t)(size - CRASH_HEADER_BYTES);
    uint8_t good[CRASH_HEADER_BYTES + 1];
    uint64_t sum;

    crash_record_divide(&record, sizeof(good));
    crash_part_write(good, &record, 0);
    memcpy(bytes, good, SEQUENCE);
    memcpy(bytes + TEXT_BYTES, &text_bytes, sizeof(text_bytes));
    sum = checksum64(bytes + CHECKSUM + 8, size - CHECKSUM - 8);
    memcpy(bytes + CHECKSUM, &sum, sizeof(sum));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    char *text = malloc(ROOM);
    struct crash_reader reader;

    crash_reader_begin(&reader, text, ROOM);
    for (unsigned part = 0; size > 0; part++) {
        size_t bytes = input[0] / 2 * 4 < size - 1 ? input[0] / 2 * 4u : size - 1;
        uint8_t *copy = malloc(bytes + (bytes == 0));

        memcpy(copy, input + 1, bytes);
        if ((input[0] & FIT) && bytes > CRASH_HEADER_BYTES)
            make_fit(copy, bytes);
        crash_reader_add(&reader, part, bytes ? copy : NULL, bytes);
        free(copy);
        input += bytes + 1;
        size -= bytes + 1;
    }
    if (crash_reader_end(&reader) == NULL &&
        (!reader.is_known || reader.length != reader.record_bytes))
        abort();
    if (reader.length > ROOM)
        abort();
    free(text);
    return 0;
}
