/* See lib/build_id.h. */
#include "lib/build_id.h"

#include <stdint.h>

#include "lib/format.h"
#include "lib/string.h"

#define NOTE_GNU_BUILD_ID 3

/* The beginning of the linker's note. */
struct build_id_note {
    uint32_t name_bytes, id_bytes, type;
    char name[4];
    uint8_t id[BUILD_ID_DIGITS / 2];
};

void build_id_text(char text[BUILD_ID_DIGITS + 1], const void *note, size_t bytes)
{
    struct build_id_note head;

    string_copy(text, BUILD_ID_DIGITS + 1, "unknown", 7);
    if (bytes < sizeof(head))
        return;
    memcpy(&head, note, sizeof(head));
    if (head.type != NOTE_GNU_BUILD_ID || head.name_bytes != sizeof(head.name) ||
        memcmp(head.name, "GNU", sizeof(head.name)) != 0 || head.id_bytes < sizeof(head.id))
        return;
    for (unsigned i = 0; i < sizeof(head.id); i++)
        format(text + 2 * i, 3, "%02x", head.id[i]);
}
