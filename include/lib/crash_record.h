/*
 * A fault report as it lies in the firmware's variables, from the kernel that faulted to the loader of the next boot: its
 * text in parts, because firmware bounds the size of a variable, each with a header that says what it is part of and a
 * checksum. Pure: bytes in, structures out, nothing is believed. There is room for CRASH_SLOTS reports; of so many the
 * oldest stays, for it is the first of a row of crashes, and the newest is replaced.
 */
#ifndef LIB_CRASH_RECORD_H
#define LIB_CRASH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/build_id.h"
#include "lib/slice.h"
#include "lib/types.h"

#define CRASH_SLOTS          3
#define CRASH_TEXT_MAX       (32 * KIB)
#define CRASH_PART_BYTES_MAX 4096 /* with its header; every firmware seen takes 8 times as much */
#define CRASH_PARTS_MAX      64
#define CRASH_HEADER_BYTES   64
#define CRASH_NAME_MAX       18 /* characters of a variable's name, with its NUL */

/* As EFI_GUID lies in memory (UEFI 2.10, appendix A). */
struct crash_guid {
    uint32_t a;
    uint16_t b, c;
    uint8_t d[8];
};

/* The vendor of the variables. */
extern const struct crash_guid crash_guid;

/* What the machine's clock shows; all 0: not known. */
struct crash_time {
    uint16_t year;
    uint8_t month, day, hour, minute, second, reserved;
};

/* What a record says beside its text. */
struct crash_facts {
    uint32_t sequence;                  /* the higher, the newer */
    char build_id[BUILD_ID_DIGITS + 1]; /* of the kernel that faulted */
    struct crash_time boot_time;        /* when its boot began */
    uint64_t uptime_ms;                 /* how long after that it faulted */
};

/* The name of the variable that holds a part: 16-bit characters, as firmware wants them. */
void crash_variable_name(uint16_t name[CRASH_NAME_MAX], unsigned slot, unsigned part);

/* ---- writing ---- */

struct crash_record {
    struct crash_facts facts;
    struct slice text;  /* CRASH_TEXT_MAX at most */
    size_t piece_bytes; /* of text in each part but the last */
    unsigned part_count;
};

/*
 * Divides the text among parts of at most part_bytes, each with its header; true when it can be: the text is neither
 * empty nor longer than CRASH_TEXT_MAX, and CRASH_PARTS_MAX such parts suffice.
 */
bool crash_record_divide(struct crash_record *record, size_t part_bytes);

/* Writes part `part` to `bytes`, which has room for part_bytes of crash_record_divide(); returns its size. */
size_t crash_part_write(uint8_t *bytes, const struct crash_record *record, unsigned part);

/* ---- reading ---- */

struct crash_part {
    struct crash_facts facts;
    unsigned number, count;
    size_t record_bytes; /* of the whole text */
    struct slice text;   /* in the bytes that were read */
};

/* NULL when the part is whole; else a plain constant phrase that says what is wrong with it ("it is cut short"). */
const char *crash_part_read(struct crash_part *part, const uint8_t *bytes, size_t size);

/* A report that is being put together. */
struct crash_reader {
    char *text; /* what is known of it; a line in brackets stands for each part that is not */
    size_t room, length;
    bool is_known; /* a part could be read, and the next three members are true */
    struct crash_facts facts;
    unsigned part_count;
    size_t record_bytes, good_bytes;
    const char *problem; /* of the first part that cannot be read; NULL: none so far */
    unsigned problem_part;
};

/* Enough room for every text and every line in brackets. */
#define CRASH_READER_ROOM (CRASH_TEXT_MAX + CRASH_PARTS_MAX * 80)

void crash_reader_begin(struct crash_reader *reader, char *text, size_t room);

/* The next part, `part` counting from 0; NULL when there is no such variable. */
void crash_reader_add(struct crash_reader *reader, unsigned part, const uint8_t *bytes,
                      size_t size);

/* After the last one: NULL when the report is whole, else what is wrong with it, as above. */
const char *crash_reader_end(struct crash_reader *reader);

/* "build 0123456789ab, boot of 2026-11-25 13:30:05, 1.234 s after the kernel began": at most size - 1 characters. */
void crash_facts_text(char *text, size_t size, const struct crash_facts *facts);

/* ---- which slot ---- */

struct crash_slot {
    bool is_used;
    uint32_t sequence;
};

/* Where the next record goes, and under which number, which is never 0. */
unsigned crash_choose_slot(const struct crash_slot slots[CRASH_SLOTS], uint32_t *sequence);

#endif
