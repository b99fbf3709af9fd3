/* Which build of the kernel this is: the id that the linker leaves in a note of its image. Pure. */
#ifndef LIB_BUILD_ID_H
#define LIB_BUILD_ID_H

#include <stddef.h>

#define BUILD_ID_DIGITS 12

/* The first hexadecimal digits of the GNU build id whose note (gABI, "Note Section") lies at `note`; "unknown" when there
 * is none in these bytes. Any context. */
void build_id_text(char text[BUILD_ID_DIGITS + 1], const void *note, size_t bytes);

#endif
