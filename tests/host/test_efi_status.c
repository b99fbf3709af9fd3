/* The words for the firmware's status codes, those that are none included. */
#include "host_test.h"
#include "lib/efi_status.h"

static void codes_have_their_words(void **state)
{
    (void)state;
    assert_string_equal(efi_status_text(0), "success");
    assert_string_equal(efi_status_text(EFI_STATUS_ERROR | 3), "unsupported");
    assert_string_equal(efi_status_text(EFI_STATUS_ERROR | 9), "out of resources");
    assert_string_equal(efi_status_text(EFI_STATUS_ERROR | 33), "compromised data");
}

static void other_codes_are_unknown(void **state)
{
    (void)state;
    assert_string_equal(efi_status_text(EFI_STATUS_ERROR | 22), "unknown status");
    assert_string_equal(efi_status_text(EFI_STATUS_ERROR | 34), "unknown status");
    assert_string_equal(efi_status_text(UINT64_MAX), "unknown status");
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, codes_have_their_words);
    HOST_ADD(&tests, other_codes_are_unknown);
    return host_tests_run(&tests, "efi status");
}
