/* See lib/qr.h. */
#include "lib/qr.h"

/* ISO/IEC 18004, table 7: byte mode, level L. */
static const uint16_t capacities[QR_VERSION_MAX + 1] = {
    0,    17,   32,   53,   78,   106,  134,  154,  192,  230,  271,  321,  367,  425,
    458,  520,  586,  644,  718,  792,  858,  929,  1003, 1091, 1171, 1273, 1367, 1465,
    1528, 1628, 1732, 1840, 1952, 2068, 2188, 2303, 2431, 2563, 2699, 2809, 2953,
};

unsigned qr_version_for(uint32_t pixels, uint32_t module_pixels, unsigned most)
{
    while (most > 0 && (QR_SIZE(most) + 2 * QR_MARGIN) * module_pixels > pixels)
        most--;
    return most;
}

size_t qr_capacity(unsigned version) { return capacities[version]; }
