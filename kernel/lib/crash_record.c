/* See lib/crash_record.h. A header is written and read as a whole: both sides are x86-64. */
#include "lib/crash_record.h"

#include "lib/checksum.h"
#include "lib/format.h"
#include "lib/string.h"

#define CRASH_MAGIC   UINT64_C(0x48534152434c5446) /* "FTLCRASH" in memory order */
#define CRASH_VERSION 1

struct header {
    uint64_t magic;
    uint64_t checksum; /* checksum64 of all that follows, the text too */
    uint32_t version;
    uint32_t sequence;
    uint16_t part, part_count;
    uint32_t record_bytes;
    uint32_t text_bytes; /* that follow this header */
    char build_id[BUILD_ID_DIGITS];
    struct crash_time boot_time;
    uint64_t uptime_ms;
};

_Static_assert(sizeof(struct header) == CRASH_HEADER_BYTES, "lib/crash_record.h");

#define CHECKED_FROM offsetof(struct header, version)

const struct crash_guid crash_guid = {
    0x5bacb360, 0x1743, 0x4e58, {0xb3, 0xba, 0xbb, 0x17, 0xf8, 0xaa, 0xda, 0x86}};

void crash_variable_name(uint16_t name[CRASH_NAME_MAX], unsigned slot, unsigned part)
{
    char text[CRASH_NAME_MAX];
    size_t length = format(text, sizeof(text), "FaultlineCrash%u%02u", slot, part);

    for (size_t i = 0; i <= length; i++)
        name[i] = (uint16_t)text[i];
}

bool crash_record_divide(struct crash_record *record, size_t part_bytes)
{
    if (record->text.length == 0 || record->text.length > CRASH_TEXT_MAX ||
        part_bytes <= CRASH_HEADER_BYTES)
        return false;
    record->piece_bytes = part_bytes - CRASH_HEADER_BYTES;
    record->part_count =
        (unsigned)((record->text.length + record->piece_bytes - 1) / record->piece_bytes);
    return record->part_count <= CRASH_PARTS_MAX;
}

size_t crash_part_write(uint8_t *bytes, const struct crash_record *record, unsigned part)
{
    size_t from = part * record->piece_bytes, left = record->text.length - from;
    size_t text_bytes = left < record->piece_bytes ? left : record->piece_bytes;
    struct header header = {
        .magic = CRASH_MAGIC,
        .version = CRASH_VERSION,
        .sequence = record->facts.sequence,
        .part = (uint16_t)part,
        .part_count = (uint16_t)record->part_count,
        .record_bytes = (uint32_t)record->text.length,
        .text_bytes = (uint32_t)text_bytes,
        .boot_time = record->facts.boot_time,
        .uptime_ms = record->facts.uptime_ms,
    };

    memcpy(header.build_id, record->facts.build_id, sizeof(header.build_id));
    memcpy(bytes, &header, sizeof(header));
    memcpy(bytes + sizeof(header), record->text.text + from, text_bytes);
    header.checksum = checksum64(bytes + CHECKED_FROM, sizeof(header) - CHECKED_FROM + text_bytes);
    memcpy(bytes, &header, sizeof(header));
    return sizeof(header) + text_bytes;
}

static bool is_plausible(const struct header *header)
{
    for (unsigned i = 0; i < sizeof(header->build_id); i++)
        if (header->build_id[i] <= ' ' || header->build_id[i] > '~')
            return false;
    return header->part < header->part_count && header->part_count <= CRASH_PARTS_MAX &&
           header->text_bytes > 0 && header->text_bytes <= header->record_bytes &&
           header->record_bytes <= CRASH_TEXT_MAX && header->sequence != 0 &&
           header->sequence != UINT32_MAX;
}

static const char *check_header(const struct header *header, const uint8_t *bytes, size_t size)
{
    if (header->magic != CRASH_MAGIC)
        return "it is no part of a report";
    if (header->version != CRASH_VERSION)
        return "it is of another version of Faultline";
    if (header->text_bytes > size - sizeof(*header))
        return "it is cut short";
    if (header->text_bytes < size - sizeof(*header))
        return "it is longer than it says";
    if (checksum64(bytes + CHECKED_FROM, size - CHECKED_FROM) != header->checksum)
        return "it was altered: its checksum is wrong";
    return is_plausible(header) ? NULL : "its numbers contradict one another";
}

const char *crash_part_read(struct crash_part *part, const uint8_t *bytes, size_t size)
{
    struct header header;
    const char *problem;

    if (size < sizeof(header))
        return "it is cut short";
    memcpy(&header, bytes, sizeof(header));
    problem = check_header(&header, bytes, size);
    if (problem)
        return problem;
    *part = (struct crash_part){
        .facts = {.sequence = header.sequence,
                  .boot_time = header.boot_time,
                  .uptime_ms = header.uptime_ms},
        .number = header.part,
        .count = header.part_count,
        .record_bytes = header.record_bytes,
        .text = {(const char *)bytes + sizeof(header), header.text_bytes},
    };
    memcpy(part->facts.build_id, header.build_id, sizeof(header.build_id));
    return NULL;
}
