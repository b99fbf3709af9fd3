/*
 * The QR code of a report's excerpt, made by libqrcodegen. The library comes as a program's code does: it uses SSE, looks for a
 * canary behind FS, and ends with __assert_fail() what it finds wrong. Whatever it does, serial and screen have the whole report
 * by then; a fault in it is one more fault within the report, which goes on behind it.
 */
#include <qrcodegen/qrcodegen.h>

#include "arch/library.h"
#include "lib/compiler.h"
#include "lib/qr.h"
#include "lib/report_excerpt.h"
#include "report.h"
#include "report_text.h"
#include "report_view.h"

static uint8_t code[qrcodegen_BUFFER_LEN_MAX];
static uint8_t excerpt[qrcodegen_BUFFER_LEN_MAX]; /* the library's memory for its work, too */

_Static_assert(qrcodegen_VERSION_MAX == QR_VERSION_MAX, "versions of QR codes");

/* Up to this size, a telephone in the hand reads codes easily; what needs a larger one may have it. */
static const struct {
    uint32_t module_pixels;
    unsigned version;
} sizes[] = {{3, 27}, {2, QR_VERSION_MAX}};

static bool is_dark(unsigned x, unsigned y) { return qrcodegen_getModule(code, (int)x, (int)y); }

/* Returns the excerpt's length, 0 if it does not fit, and *version, in which it does. */
static size_t write_excerpt(unsigned *version)
{
    size_t length = 0;

    for (unsigned i = 0; i < ARRAY_COUNT(sizes) && length == 0; i++) {
        *version =
            qr_version_for(report_view_code_pixels(), sizes[i].module_pixels, sizes[i].version);
        length = report_excerpt(report_text(), (char *)excerpt, qr_capacity(*version));
    }
    return length;
}

void report_code_show(void)
{
    unsigned version;
    size_t length;

    if (report_view_code_pixels() == 0)
        return;
    length = write_excerpt(&version);
    arch_library_prepare();
    if (length > 0 &&
        qrcodegen_encodeBinary(excerpt, length, code, qrcodegen_Ecc_LOW, qrcodegen_VERSION_MIN,
                               (int)version, qrcodegen_Mask_AUTO, true))
        report_view_draw_code((unsigned)qrcodegen_getSize(code), QR_MARGIN, is_dark);
    else
        report_line("", "(no QR code: the report is too long for this screen)");
}
