/* Build ids out of notes, those that are none included. */
#include "host_test.h"
#include "lib/build_id.h"

#define NOTE "\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0"
#define ID   "\x01\x23\x45\x67\x89\xab\xcd\xef"

struct row {
    const char *name;
    const char *note;
    size_t bytes;
    const char *text;
};

static struct row rows[] = {
    {"good", NOTE ID, 24, "0123456789ab"},
    {"cut short", NOTE ID, 23, "unknown"},
    {"another type", "\4\0\0\0\x14\0\0\0\1\0\0\0GNU\0" ID, 24, "unknown"},
    {"another name", "\4\0\0\0\x14\0\0\0\3\0\0\0GNV\0" ID, 24, "unknown"},
    {"a longer name", "\5\0\0\0\x14\0\0\0\3\0\0\0GNU\0" ID, 24, "unknown"},
    {"a short id", "\4\0\0\0\5\0\0\0\3\0\0\0GNU\0" ID, 24, "unknown"},
};

static void note(void **state)
{
    const struct row *row = *state;
    char text[BUILD_ID_DIGITS + 1];
    uint8_t *block, *bytes = guarded_copy(&block, row->note, row->bytes, 1);

    build_id_text(text, bytes, row->bytes);
    assert_string_equal(text, row->text);
    free(block);
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, note, rows);
    return host_tests_run(&tests, "build id");
}
