/* Sizes of QR codes: compared with what libqrcodegen, which makes them, can put in. */
#include "lib/qr.h"

#include <qrcodegen/qrcodegen.h>

#include "host_test.h"

static bool fits(unsigned version, size_t length)
{
    uint8_t bytes[qrcodegen_BUFFER_LEN_MAX] = {0}, code[qrcodegen_BUFFER_LEN_MAX];
    bool result = qrcodegen_encodeBinary(bytes, length, code, qrcodegen_Ecc_LOW, (int)version,
                                         (int)version, qrcodegen_Mask_0, false);

    if (result)
        assert_int_equal(qrcodegen_getSize(code), QR_SIZE(version));
    return result;
}

static void capacities_are_those_of_the_library(void **state)
{
    (void)state;
    for (unsigned version = 1; version <= QR_VERSION_MAX; version++) {
        assert_true(fits(version, qr_capacity(version)));
        assert_false(fits(version, qr_capacity(version) + 1));
    }
    assert_int_equal(qr_capacity(0), 0);
}

static void codes_fit_their_room(void **state)
{
    (void)state;
    assert_int_equal(qr_version_for(399, 3, QR_VERSION_MAX), 27);
    assert_int_equal(qr_version_for(398, 3, QR_VERSION_MAX), 26);
    assert_int_equal(qr_version_for(4000, 3, 27), 27);
    assert_int_equal(qr_version_for(4000, 3, QR_VERSION_MAX), 40);
    assert_int_equal(qr_version_for(29, 1, QR_VERSION_MAX), 1);
    assert_int_equal(qr_version_for(28, 1, QR_VERSION_MAX), 0);
    assert_int_equal(qr_version_for(0, 3, QR_VERSION_MAX), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(capacities_are_those_of_the_library),
        cmocka_unit_test(codes_fit_their_room),
    };

    return cmocka_run_group_tests_name("QR codes", tests, NULL, NULL);
}
