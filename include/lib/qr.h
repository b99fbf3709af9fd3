/* Sizes of QR codes (ISO/IEC 18004), versions 1 to 40, at the lowest level of error correction. */
#ifndef LIB_QR_H
#define LIB_QR_H

#include <stddef.h>
#include <stdint.h>

#define QR_VERSION_MAX   40
#define QR_MARGIN        4 /* modules that stay white on each side (chapter 9.1) */
#define QR_SIZE(version) (17 + 4 * (version)) /* modules on a side, without the margin */

/* The largest version, up to `most`, that fits with its margin into a square of so many pixels when a module has `module_pixels`;
 * 0: none. */
unsigned qr_version_for(uint32_t pixels, uint32_t module_pixels, unsigned most);

/* How many bytes fit into a code of this version; 0 for version 0. */
size_t qr_capacity(unsigned version);

#endif
