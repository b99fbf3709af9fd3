/* What the kernel knows of its own image: the build id that the linker left in a note. */
#include "kernel/image.h"

#include <stdint.h>

#include "lib/format.h"
#include "lib/string.h"

/* The linker's note: a header, the name "GNU", the id (gABI, "Note Section"). */
struct build_id_note {
    uint32_t name_bytes, id_bytes, type;
    char name[4];
    uint8_t id[20];
};

extern const struct build_id_note kernel_build_id;

void kernel_build_id_text(char text[BUILD_ID_DIGITS + 1])
{
    string_copy(text, BUILD_ID_DIGITS + 1, "unknown", 7);
    if (kernel_build_id.id_bytes < BUILD_ID_DIGITS / 2)
        return;
    for (unsigned i = 0; i < BUILD_ID_DIGITS / 2; i++)
        format(text + 2 * i, 3, "%02x", kernel_build_id.id[i]);
}
