/* What the kernel knows of its own image. */
#include "kernel/image.h"

#include "lib/build_id.h"

void kernel_build_id_text(char text[BUILD_ID_DIGITS + 1])
{
    build_id_text(text, kernel_build_id, (size_t)(kernel_rodata_end - kernel_build_id));
}
