/* Where the parts of the kernel's image lie; symbols of the linker script, so only their addresses
 * mean anything. */
#ifndef KERNEL_IMAGE_H
#define KERNEL_IMAGE_H

#include "lib/build_id.h"

extern char kernel_image_start[], kernel_image_end[];
extern char kernel_text_start[], kernel_text_end[];             /* executable, never writable */
extern char kernel_rodata_start[], kernel_rodata_end[];         /* neither */
extern char kernel_data_start[];                                /* writable up to the image's end */
extern char kernel_after_init_start[], kernel_after_init_end[]; /* of that, sealed after the boot */
extern char kernel_symbols_start[], kernel_symbols_end[];       /* the symbol table, in rodata */
extern char kernel_build_id[]; /* the linker's note, the first of rodata */

/* The first 12 hexadecimal digits of the GNU build id of kernel.elf, "unknown" when it has none. */
void kernel_build_id_text(char text[BUILD_ID_DIGITS + 1]);

#endif
