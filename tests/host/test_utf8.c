/* UTF-8 against a decoder that tries every code point, and what is not text. */
#include "lib/utf8.h"

#include "host_test.h"

/* RFC 3629, section 3: how many bytes, and what the first begins with. */
static size_t encode(uint32_t code_point, char *to)
{
    const unsigned leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    unsigned length = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;

    for (unsigned i = length - 1; i > 0; i--, code_point >>= 6)
        to[i] = (char)(0x80 | (code_point & 0x3f));
    to[0] = (char)(leads[length] | code_point);
    return length;
}

static void every_code_point_comes_back_unless_it_is_none(void **state)
{
    char bytes[4];

    (void)state;
    for (uint32_t code_point = 0; code_point < 0x120000; code_point++) {
        size_t length = encode(code_point, bytes);
        bool is_text = code_point < 0x110000 && (code_point < 0xd800 || code_point > 0xdfff);
        uint8_t *block;
        const char *at = (const char *)guarded_copy(&block, bytes, length, 0), *start = at;

        assert_int_equal(utf8_next(&at, start + length), is_text ? code_point : UTF8_INVALID);
        if (is_text)
            assert_ptr_equal(at, start + length);
        free(block);
    }
}

struct row {
    const char *name, *text;
    uint32_t found[4]; /* up to a 0 */
};

#define BAD UTF8_INVALID

static struct row rows[] = {
    {"a continuation alone", "\x80z", {BAD, 'z'}},
    {"an overlong slash", "\xc0\xafz", {BAD, BAD, 'z'}},
    {"an overlong slash of three bytes", "\xe0\x80\xaf", {BAD, BAD, BAD}},
    {"a surrogate", "\xed\xa0\x80", {BAD, BAD, BAD}},
    {"cut after one of two", "\xc3", {BAD}},
    {"cut after two of three", "\xe2\x82", {BAD}},
    {"cut by a letter", "\xe2\x82z", {BAD, 'z'}},
    {"cut by the next character", "\xf0\x9f\x98\xc3\xa4", {BAD, 0xe4}},
    {"above the last", "\xf5z", {BAD, 'z'}},
    {"no lead at all", "\xff\xfez", {BAD, BAD, 'z'}},
};

static void broken_text_is_told_once_for_each_break(void **state)
{
    const struct row *row = *state;
    size_t length = strlen(row->text);
    uint8_t *block;
    const char *at = (const char *)guarded_copy(&block, row->text, length, 0), *end = at + length;

    for (unsigned i = 0; i < ARRAY_COUNT(row->found) && row->found[i]; i++) {
        assert_true(at < end);
        assert_int_equal(utf8_next(&at, end), row->found[i]);
    }
    assert_ptr_equal(at, end);
    free(block);
}

/* Any bytes are gone through to their end, without a step outside of them. */
static void random_bytes_end(void **state)
{
    uint64_t seed = 3629;

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t bytes[12], *block;
        size_t length = 1 + random_below(&seed, sizeof(bytes));

        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)(0x70 + random_below(&seed, 0x90));

        const char *at = (const char *)guarded_copy(&block, bytes, length, 0), *end = at + length;

        while (at < end) {
            const char *before = at;

            utf8_next(&at, end);
            assert_true(at > before && at <= end);
        }
        free(block);
    }
}

static void a_cut_leaves_whole_characters(void **state)
{
    const char *text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"; /* 1, 2, 3 and 4 bytes */
    const size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};

    (void)state;
    for (size_t length = 0; length < ARRAY_COUNT(whole); length++)
        assert_int_equal(utf8_whole(text, length), whole[length]);
    assert_int_equal(utf8_whole("\x80\x80\x80\x80", 4), 4); /* not text: nothing to keep whole */
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, every_code_point_comes_back_unless_it_is_none);
    HOST_ADD_ROWS(&tests, broken_text_is_told_once_for_each_break, rows);
    HOST_ADD(&tests, random_bytes_end);
    HOST_ADD(&tests, a_cut_leaves_whole_characters);
    return host_tests_run(&tests, "utf8");
}
