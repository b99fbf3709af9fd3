/*
 * LZ4 blocks (lz4_Block_format.md). A block is a row of sequences, and a sequence is
 *
 *     token     high 4 bits: number of literals; low 4 bits: length of the match, less 4
 *     length    where that number is 15: bytes to add to it, up to and with the first below 255
 *     literals  bytes to be copied to the output
 *     offset    16 bits, little-endian: how far before the end of the output the match begins
 *     length    of the match, as above; the match is copied from the output to its end, and may
 *               overlap what it makes
 *
 * The last sequence ends with its literals. Nine sequences of ten are short: away from the ends,
 * those are copied in whole words, more bytes than they have, which the next sequence overwrites.
 * All others are copied to the byte.
 */
#include "lib/lz4.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "lib/string.h"

#define LENGTH_MORE  15 /* in the token: further bytes follow */
#define OFFSET_BYTES 2
#define MATCH_LEAST  4

#define WORD_BYTES sizeof(uint64_t)

/* A sequence whose token alone says its lengths: those, and what it may take of block and output. */
#define LITERALS_SHORT  (LENGTH_MORE - 1)
#define MATCH_SHORT     (LENGTH_MORE - 1 + MATCH_LEAST)
#define SHORT_IN_BYTES  (1 + 2 * WORD_BYTES)
#define SHORT_OUT_BYTES (LITERALS_SHORT + 3 * WORD_BYTES)

_Static_assert(LITERALS_SHORT <= 2 * WORD_BYTES && MATCH_SHORT <= 3 * WORD_BYTES, "room in words");
_Static_assert(SHORT_IN_BYTES >= 1 + LITERALS_SHORT + OFFSET_BYTES, "the offset is inside");

struct decoder {
    const uint8_t *in, *in_end;
    uint8_t *out, *out_end;
    const uint8_t *out_start;
};

static inline void copy_word(uint8_t *to, const uint8_t *from)
{
    uint64_t word;

    __builtin_memcpy(&word, from, sizeof(word));
    __builtin_memcpy(to, &word, sizeof(word));
}

/* At most LITERALS_SHORT bytes, in two words. */
static inline void copy_short_literals(uint8_t *to, const uint8_t *from)
{
    copy_word(to, from);
    copy_word(to + WORD_BYTES, from + WORD_BYTES);
}

/* At most MATCH_SHORT bytes, in three words. */
static inline void copy_short_match(uint8_t *to, const uint8_t *from)
{
    copy_word(to, from);
    copy_word(to + WORD_BYTES, from + WORD_BYTES);
    copy_word(to + 2 * WORD_BYTES, from + 2 * WORD_BYTES);
}

/* How many short sequences fit for certain, whatever they are: their bounds need no look. */
static size_t short_sequences(const struct decoder *d)
{
    size_t in_fits = (size_t)(d->in_end - d->in) / SHORT_IN_BYTES;
    size_t out_fits = (size_t)(d->out_end - d->out) / SHORT_OUT_BYTES;

    return in_fits < out_fits ? in_fits : out_fits;
}

/* Goes on until a sequence needs more care: a long one, an offset that is wrong or less than a
 * word. The places are kept in registers: a store of bytes could change *d. */
static void decode_short_sequences(struct decoder *d)
{
    const uint8_t *in = d->in;
    uint8_t *out = d->out;

    for (size_t left = short_sequences(d); left > 0; left--) {
        size_t token = *in, literals = token >> 4, match = token & 15, offset;
        uint8_t *to = out + literals;

        if (literals == LENGTH_MORE || match == LENGTH_MORE)
            break;
        copy_short_literals(out, in + 1);
        offset = bytes_read16(in + 1 + literals);
        if (offset < WORD_BYTES || offset > (size_t)(to - d->out_start))
            break;
        copy_short_match(to, to - offset);
        in += 1 + literals + OFFSET_BYTES;
        out = to + match + MATCH_LEAST;
    }
    d->in = in;
    d->out = out;
}

/* Adds to what the token says. No overflow: that takes 2^56 bytes. */
static const char *read_length(struct decoder *d, size_t *length)
{
    uint8_t more = *length == LENGTH_MORE ? UINT8_MAX : 0;

    while (more == UINT8_MAX) {
        if (d->in == d->in_end)
            return "a length is cut short";
        more = *d->in++;
        *length += more;
    }
    return NULL;
}

static const char *copy_literals(struct decoder *d, size_t count)
{
    const char *problem = read_length(d, &count);

    if (problem)
        return problem;
    if (count > (size_t)(d->in_end - d->in))
        return "literals reach past the end of the block";
    if (count > (size_t)(d->out_end - d->out))
        return "literals reach past the end of the output";
    memcpy(d->out, d->in, count);
    d->in += count;
    d->out += count;
    return NULL;
}

/* Where the match overlaps what it makes, bytes that were just made are copied again. */
static void copy_from_output(struct decoder *d, size_t offset, size_t count)
{
    uint8_t *to = d->out;

    d->out += count;
    for (; offset >= WORD_BYTES && count >= WORD_BYTES; to += WORD_BYTES, count -= WORD_BYTES)
        copy_word(to, to - offset);
    for (; count > 0; to++, count--)
        *to = *(to - offset);
}

static const char *copy_match(struct decoder *d, size_t count)
{
    const char *problem;
    size_t offset;

    if (d->in_end - d->in < OFFSET_BYTES)
        return "an offset is cut short";
    offset = bytes_read16(d->in);
    d->in += OFFSET_BYTES;
    problem = read_length(d, &count);
    if (problem)
        return problem;
    count += MATCH_LEAST;
    if (offset == 0)
        return "the offset of a match is 0";
    if (offset > (size_t)(d->out - d->out_start))
        return "a match reaches before the start of the output";
    if (count > (size_t)(d->out_end - d->out))
        return "a match reaches past the end of the output";
    copy_from_output(d, offset, count);
    return NULL;
}

/* Any sequence. *ended: it was the last one. */
static const char *decode_sequence(struct decoder *d, bool *ended)
{
    const char *problem;
    uint8_t token;

    if (d->in == d->in_end)
        return "it does not end with literals";
    token = *d->in++;
    problem = copy_literals(d, token >> 4);
    *ended = !problem && d->in == d->in_end;
    return problem || *ended ? problem : copy_match(d, token & 15);
}

const char *lz4_decode(void *out, size_t out_bytes, const void *block, size_t block_bytes)
{
    const uint8_t *in = block;
    uint8_t *start = out;
    struct decoder d = {in, in + block_bytes, start, start + out_bytes, start};
    const char *problem = NULL;
    bool ended = false;

    while (!problem && !ended) {
        decode_short_sequences(&d);
        problem = decode_sequence(&d, &ended);
    }
    if (!problem && d.out < d.out_end)
        return "it ends before the output is full";
    return problem;
}
