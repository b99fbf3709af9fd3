/* LZ4 blocks: what the LZ4 project's compressor makes comes back, what is written by hand means what
 * the format says, and what is damaged is refused by name. */
#include <lz4hc.h>

#include "host_test.h"
#include "lz4_agreement.h"

#define SAMPLE_BYTES 40000
#define BLOCK_BYTES  (SAMPLE_BYTES + SAMPLE_BYTES / 255 + 16) /* LZ4_COMPRESSBOUND */

static uint8_t sample[SAMPLE_BYTES], packed[BLOCK_BYTES];

/* ---- what a compressor makes ---- */

/* Bytes and repetitions of what came before, near and far, short and long. */
static void fill_sample(size_t size, uint64_t seed)
{
    uint64_t random = seed;
    size_t at = 0;

    while (at < size) {
        size_t count = 1 + random_below(&random, random_below(&random, 4) ? 12 : 700);
        size_t back = 1 + random_below(&random, random_below(&random, 2) ? 20 : SAMPLE_BYTES);
        bool repeats = random_below(&random, 2) && back <= at;

        for (; count > 0 && at < size; count--, at++)
            sample[at] = repeats ? sample[at - back] : (uint8_t)random_next(&random);
    }
}

static size_t compress(size_t size, int level)
{
    int count =
        level == 0
            ? LZ4_compress_default((char *)sample, (char *)packed, (int)size, sizeof(packed))
            : LZ4_compress_HC((char *)sample, (char *)packed, (int)size, sizeof(packed), level);

    assert_true(count > 0);
    return (size_t)count;
}

static const char *decode(const uint8_t *bytes, size_t size, uint8_t *out, size_t out_bytes)
{
    uint8_t *block, *exact = malloc(out_bytes + (out_bytes == 0));
    const uint8_t *at = guarded_copy(&block, bytes, size, 0);
    const char *problem = lz4_decode(exact, out_bytes, at, size);

    memcpy(out, exact, out_bytes);
    free(exact);
    free(block);
    return problem;
}

static void assert_comes_back(size_t size, int level)
{
    static uint8_t out[SAMPLE_BYTES + 1];
    size_t block_bytes = compress(size, level);

    assert_null(decode(packed, block_bytes, out, size));
    assert_memory_equal(out, sample, size);
    if (size > 0)
        assert_non_null(decode(packed, block_bytes, out, size - 1));
    assert_string_equal(decode(packed, block_bytes, out, size + 1),
                        "it ends before the output is full");
}

static void every_size_comes_back(void **state)
{
    (void)state;
    for (size_t size = 0; size < 1500; size++) {
        fill_sample(size, size + 1);
        assert_comes_back(size, size % 3 == 0 ? 0 : size % 3 == 1 ? 3 : LZ4HC_CLEVEL_MAX);
    }
    for (uint64_t seed = 1; seed <= 40; seed++) {
        fill_sample(SAMPLE_BYTES, seed);
        assert_comes_back(SAMPLE_BYTES, seed % 2 ? 0 : LZ4HC_CLEVEL_MAX);
    }
}

static void zeros_and_noise_come_back(void **state)
{
    uint64_t random = 1;

    (void)state;
    memset(sample, 0, sizeof(sample));
    assert_comes_back(SAMPLE_BYTES, LZ4HC_CLEVEL_MAX);
    for (size_t i = 0; i < SAMPLE_BYTES; i++)
        sample[i] = (uint8_t)random_next(&random);
    assert_comes_back(SAMPLE_BYTES, LZ4HC_CLEVEL_MAX);
}

/* ---- what is written by hand ---- */

struct block {
    uint8_t bytes[4096];
    size_t size;
};

static void add_byte(struct block *block, size_t byte)
{
    block->bytes[block->size++] = (uint8_t)byte;
}

/* What the token could not hold. */
static void add_length(struct block *block, size_t length)
{
    if (length < 15)
        return;
    for (length -= 15; length >= 255; length -= 255)
        add_byte(block, 255);
    add_byte(block, length);
}

static size_t nibble(size_t length) { return length < 15 ? length : 15; }

/* Literals count up from 1; a match of 0 bytes ends the block. */
static void add_sequence(struct block *block, size_t literals, size_t offset, size_t match)
{
    add_byte(block, nibble(literals) << 4 | (match ? nibble(match - 4) : 0));
    add_length(block, literals);
    for (size_t i = 1; i <= literals; i++)
        add_byte(block, i);
    if (match == 0)
        return;
    add_byte(block, offset);
    add_byte(block, offset >> 8);
    add_length(block, match - 4);
}

/* The format's meaning, a byte at a time. */
static size_t expect_sequence(uint8_t *out, size_t at, size_t literals, size_t offset, size_t match)
{
    for (size_t i = 1; i <= literals; i++)
        out[at++] = (uint8_t)i;
    for (; match > 0; match--, at++)
        out[at] = out[at - offset];
    return at;
}

/* `tail`: literals behind, so that the match lies far from the ends or near to them. */
static void assert_match(size_t literals, size_t offset, size_t match, size_t tail)
{
    static uint8_t out[8192], expected[8192];
    struct block block = {.size = 0};
    size_t size;

    add_sequence(&block, literals, offset, match);
    add_sequence(&block, tail, 0, 0);
    size = expect_sequence(expected, 0, literals, offset, match);
    size = expect_sequence(expected, size, tail, 0, 0);
    assert_null(decode(block.bytes, block.size, out, size));
    assert_memory_equal(out, expected, size);
}

static void matches_that_overlap_what_they_make(void **state)
{
    (void)state;
    for (size_t offset = 1; offset <= 16; offset++)
        for (size_t match = 4; match < 60; match++)
            for (size_t tail = 0; tail <= 60; tail += 20) {
                assert_match(offset, offset, match, tail);
                assert_match(20, offset, match, tail);
            }
}

static void lengths_of_many_bytes(void **state)
{
    static const size_t lengths[] = {14, 15, 16, 269, 270, 271, 524, 525, 526, 1034, 1035, 1036};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(lengths); i++)
        for (size_t j = 0; j < ARRAY_COUNT(lengths); j++) {
            assert_match(lengths[i], lengths[i], lengths[j] + 4, 5);
            assert_match(8, 1, lengths[j] + 4, lengths[i]);
        }
}

/* ---- what is wrong ---- */

static struct bad {
    const char *name, *problem;
    size_t out_bytes, size;
    uint8_t bytes[48];
} bad_blocks[] = {
    {"nothing at all", "it does not end with literals", 0, 0, {0}},
    {"a match at the end", "it does not end with literals", 8, 7, {0x40, 1, 2, 3, 4, 4, 0}},
    {"a number of literals without its second byte", "a length is cut short", 99, 1, {0xf0}},
    {"a number of literals that ends with 255", "a length is cut short", 999, 3, {0xf0, 255, 255}},
    {"a match's length without its second byte",
     "a length is cut short",
     99,
     7,
     {0x4f, 1, 2, 3, 4, 4, 0}},
    {"more literals than there are",
     "literals reach past the end of the block",
     99,
     4,
     {0x40, 1, 2, 3}},
    {"a number of literals beyond all size",
     "literals reach past the end of the block",
     99,
     4,
     {0xf0, 255, 255, 7}},
    {"more literals than output",
     "literals reach past the end of the output",
     3,
     5,
     {0x40, 1, 2, 3, 4}},
    {"half an offset", "an offset is cut short", 99, 6, {0x40, 1, 2, 3, 4, 4}},
    {"an offset of 0", LZ4_OFFSET_0, 9, 9, {0x40, 1, 2, 3, 4, 0, 0, 0x10, 5}},
    {"a match before the start",
     "a match reaches before the start of the output",
     9,
     9,
     {0x40, 1, 2, 3, 4, 5, 0, 0x10, 5}},
    {"a match before the start, far from the ends",
     "a match reaches before the start of the output",
     99,
     40,
     {0x40, 1, 2, 3, 4, 8}},
    {"a match longer than the output",
     "a match reaches past the end of the output",
     7,
     9,
     {0x40, 1, 2, 3, 4, 4, 0, 0x10, 5}},
    {"too little for the output",
     "it ends before the output is full",
     10,
     9,
     {0x40, 1, 2, 3, 4, 4, 0, 0x10, 5}},
};

static void is_refused(void **state)
{
    const struct bad *bad = *state;
    uint8_t out[1024];

    assert_string_equal(decode(bad->bytes, bad->size, out, bad->out_bytes), bad->problem);
}

static void every_truncation_is_refused(void **state)
{
    static uint8_t out[SAMPLE_BYTES];
    size_t size, cut;

    (void)state;
    fill_sample(2000, 7);
    size = compress(2000, LZ4HC_CLEVEL_MAX);
    for (cut = 0; cut < size; cut++)
        assert_non_null(decode(packed, cut, out, 2000));
    assert_int_equal(cut, size);
}

static void every_changed_byte_is_refused_or_decoded_alike(void **state)
{
    size_t size;

    (void)state;
    fill_sample(700, 5);
    size = compress(700, LZ4HC_CLEVEL_MAX);
    assert_true(size > 300 && lz4_agrees(packed, size, 700));
    for (size_t at = 0; at < size; at++)
        for (unsigned change = 1; change < 256; change++) {
            packed[at] ^= (uint8_t)change;
            assert_true(lz4_agrees(packed, size, 700));
            packed[at] ^= (uint8_t)change;
        }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD(&tests, every_size_comes_back);
    HOST_ADD(&tests, zeros_and_noise_come_back);
    HOST_ADD(&tests, matches_that_overlap_what_they_make);
    HOST_ADD(&tests, lengths_of_many_bytes);
    HOST_ADD_ROWS(&tests, is_refused, bad_blocks);
    HOST_ADD(&tests, every_truncation_is_refused);
    HOST_ADD(&tests, every_changed_byte_is_refused_or_decoded_alike);
    return host_tests_run(&tests, "lz4");
}
