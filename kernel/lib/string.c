/*
 * memcpy and its kin, for the loader and the kernel. Two things shape this file.
 *
 * Speed where it is cheap: large blocks go through `rep movsq` and `rep stosq`, which real CPUs run
 * in microcode and the emulator as one instruction a word instead of five a byte.
 *
 * No calls to itself: gcc turns a loop that copies bytes into a call of memcpy, in memcpy too, and
 * -ffreestanding does not stop it. A barrier in each such loop hides the pattern; that works with
 * every compiler and every -O level, unlike flags, which would have to be repeated in three builds.
 */
#include "lib/string.h"

#include <stdint.h>

#include "lib/compiler.h"

/* A word at any address: x86-64 reads and writes those without penalty, but C must be told. */
typedef uint64_t unaligned_word __attribute__((may_alias, aligned(1)));

#define WORD_BYTES sizeof(unaligned_word)

/* Below this many words, starting a string instruction costs more than it saves. */
#define STRING_INSTRUCTION_WORDS 16

/* Ascending, so right for every overlap in which `to` lies below `from`. */
static void copy_words_up(unsigned char *to, const unsigned char *from, size_t word_count)
{
#ifdef __x86_64__
    if (word_count >= STRING_INSTRUCTION_WORDS) {
        __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(word_count) : : "memory");
        return;
    }
#endif
    for (size_t i = 0; i < word_count; i++) {
        *(unaligned_word *)(to + i * WORD_BYTES) = *(const unaligned_word *)(from + i * WORD_BYTES);
        compiler_barrier();
    }
}

static void copy_up(unsigned char *to, const unsigned char *from, size_t size)
{
    copy_words_up(to, from, size / WORD_BYTES);
    for (size_t i = size - size % WORD_BYTES; i < size; i++) {
        to[i] = from[i];
        compiler_barrier();
    }
}

/*
 * Descending. `std; rep movsq` would be slow on every CPU and leave DF set for an interrupt to trip
 * over.
 */
static void copy_down(unsigned char *to, const unsigned char *from, size_t size)
{
    while (size >= WORD_BYTES) {
        size -= WORD_BYTES;
        *(unaligned_word *)(to + size) = *(const unaligned_word *)(from + size);
        compiler_barrier();
    }
    while (size > 0) {
        size--;
        to[size] = from[size];
        compiler_barrier();
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    copy_up(to, from, size);
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    /*
     * Unsigned distance: huge when `to` lies below `from`, so one comparison finds the case that
     * must go downwards.
     */
    if ((uintptr_t)to - (uintptr_t)from >= size)
        copy_up(to, from, size);
    else
        copy_down(to, from, size);
    return to;
}

static void fill_words(unsigned char *to, uint64_t word, size_t word_count)
{
#ifdef __x86_64__
    if (word_count >= STRING_INSTRUCTION_WORDS) {
        __asm__ volatile("rep stosq" : "+D"(to), "+c"(word_count) : "a"(word) : "memory");
        return;
    }
#endif
    for (size_t i = 0; i < word_count; i++) {
        *(unaligned_word *)(to + i * WORD_BYTES) = word;
        compiler_barrier();
    }
}

void *memset(void *to, int byte, size_t size)
{
    unsigned char *bytes = to;
    unsigned char value = (unsigned char)byte;

    fill_words(bytes, value * UINT64_C(0x0101010101010101), size / WORD_BYTES);
    for (size_t i = size - size % WORD_BYTES; i < size; i++) {
        bytes[i] = value;
        compiler_barrier();
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a;
    const unsigned char *right = b;
    size_t i = 0;

    /*
     * Equal words first; the byte loop then finds the difference within the word that stopped this
     * one.
     */
    while (size - i >= WORD_BYTES &&
           *(const unaligned_word *)(left + i) == *(const unaligned_word *)(right + i))
        i += WORD_BYTES;
    for (; i < size; i++) {
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    }
    return 0;
}

size_t strlen(const char *s)
{
    size_t length = 0;

    while (s[length] != '\0') {
        length++;
        compiler_barrier(); /* gcc 12 knows this loop as strlen */
    }
    return length;
}

size_t strnlen(const char *s, size_t limit)
{
    size_t length = 0;

    while (length < limit && s[length] != '\0')
        length++;
    return length;
}

/* Compared as unsigned characters, whatever plain char is (C17 7.24.4). */
static int compare_text(const char *a, const char *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++) {
        unsigned char left = (unsigned char)a[i];
        unsigned char right = (unsigned char)b[i];

        if (left != right)
            return left < right ? -1 : 1;
        if (left == '\0')
            break;
    }
    return 0;
}

int strcmp(const char *a, const char *b) { return compare_text(a, b, SIZE_MAX); }

int strncmp(const char *a, const char *b, size_t limit) { return compare_text(a, b, limit); }

bool string_copy(char *to, size_t size, const char *from, size_t from_length)
{
    if (size == 0)
        return false;

    size_t length = from_length < size ? from_length : size - 1;

    memcpy(to, from, length);
    to[length] = '\0';
    return length == from_length;
}
