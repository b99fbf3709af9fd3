/*
 * The formatter: a subset of C17 7.21.6.1 that never allocates, never fails and never writes past
 * its buffer.
 *
 * One conversion is read into a `struct spec`, then printed. Everything asks sink_take for room,
 * so the bound is checked in one place; a single character is put directly. What is not understood is copied as
 * it stands, which shows a mistake in the output instead of hiding it; no argument is consumed for
 * it.
 */
#include "lib/format.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

#define PRECISION_NONE (-1)
#define NUMBER_LIMIT   4096 /* for widths and precisions; no buffer here is that large */
#define DIGITS_MAX     20   /* 2^64 - 1 in decimal */
#define POINTER_DIGITS 16

struct sink {
    char *buffer;
    size_t size; /* > 0; one byte is kept for the NUL */
    size_t used;
};

struct spec {
    bool left;
    bool zero;
    int width;     /* >= 0 */
    int precision; /* or PRECISION_NONE */
    size_t bytes;  /* size of the integer argument */
    char conversion;
};

/* va_list may be an array, whose address a function parameter loses; a structure keeps it. */
struct arguments {
    va_list list;
};

/* Where the next `length` characters go; *length becomes how many of them fit. */
static char *sink_take(struct sink *sink, size_t *length)
{
    char *at = sink->buffer + sink->used;
    size_t room = sink->size - 1 - sink->used;

    if (*length > room)
        *length = room;
    sink->used += *length;
    return at;
}

static void sink_put(struct sink *sink, char character)
{
    if (sink->used < sink->size - 1)
        sink->buffer[sink->used++] = character;
}

static void sink_fill(struct sink *sink, char character, int count)
{
    size_t length = count > 0 ? (size_t)count : 0;
    char *at = sink_take(sink, &length);

    memset(at, character, length);
}

static void sink_write(struct sink *sink, const char *text, size_t length)
{
    char *at = sink_take(sink, &length);

    memcpy(at, text, length);
}

/* Pads `text` with blanks to the width. */
static void print_text(struct sink *sink, const struct spec *spec, const char *text, size_t length)
{
    int padding = length < (size_t)spec->width ? spec->width - (int)length : 0;

    if (!spec->left)
        sink_fill(sink, ' ', padding);
    sink_write(sink, text, length);
    if (spec->left)
        sink_fill(sink, ' ', padding);
}

static void print_string(struct sink *sink, const struct spec *spec, const char *text)
{
    if (text == NULL)
        text = "(null)";
    /* A precision allows text without a NUL, so it must bound the search for one. */
    size_t length =
        spec->precision == PRECISION_NONE ? strlen(text) : strnlen(text, (size_t)spec->precision);

    print_text(sink, spec, text, length);
}

/*
 * Digits of value, last one first, into `digits`; how many there are. 0 has none: the precision
 * adds it.
 */
static int digits_reversed(char digits[DIGITS_MAX], uint64_t value, unsigned base, bool upper)
{
    const char *symbols = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    int count = 0;

    for (; value != 0; value /= base)
        digits[count++] = symbols[value % base];
    return count;
}

static void print_number(struct sink *sink, const struct spec *spec, uint64_t value, unsigned base,
                         bool negative)
{
    char digits[DIGITS_MAX];
    int count = digits_reversed(digits, value, base, spec->conversion == 'X');
    int digits_least = spec->precision == PRECISION_NONE ? 1 : spec->precision;
    int zeros = digits_least > count ? digits_least - count : 0;
    int padding = spec->width - (count + zeros + (negative ? 1 : 0));

    /* `0` pads with zeros behind the sign; `-` or a precision overrides it. */
    if (spec->zero && !spec->left && spec->precision == PRECISION_NONE && padding > 0) {
        zeros += padding;
        padding = 0;
    }
    if (!spec->left)
        sink_fill(sink, ' ', padding);
    if (negative)
        sink_put(sink, '-');
    sink_fill(sink, '0', zeros);
    while (count > 0)
        sink_put(sink, digits[--count]);
    if (spec->left)
        sink_fill(sink, ' ', padding);
}

static int64_t argument_signed(struct arguments *arguments, size_t bytes)
{
    /* Arguments narrower than int arrive as int; the length says what they are cut back to. */
    switch (bytes) {
    case sizeof(signed char):
        return (signed char)va_arg(arguments->list, int);
    case sizeof(short):
        return (short)va_arg(arguments->list, int);
    case sizeof(int):
        return va_arg(arguments->list, int);
    default:
        return va_arg(arguments->list, int64_t);
    }
}

static uint64_t argument_unsigned(struct arguments *arguments, size_t bytes)
{
    uint64_t value =
        bytes > sizeof(int) ? va_arg(arguments->list, uint64_t) : va_arg(arguments->list, unsigned);

    return bytes < sizeof(value) ? value & ((UINT64_C(1) << bytes * 8) - 1) : value;
}

static void print_signed(struct sink *sink, const struct spec *spec, int64_t value)
{
    /* Negated as unsigned: the lowest number has no positive twin. */
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    print_number(sink, spec, magnitude, 10, value < 0);
}

static void print_pointer(struct sink *sink, struct spec *spec, const void *pointer)
{
    spec->precision = POINTER_DIGITS;
    print_number(sink, spec, (uintptr_t)pointer, 16, false);
}

/* False when the conversion is unknown; then no argument was consumed for it. */
static bool print_conversion(struct sink *sink, struct spec *spec, struct arguments *arguments)
{
    char character;

    switch (spec->conversion) {
    case 'd':
    case 'i':
        print_signed(sink, spec, argument_signed(arguments, spec->bytes));
        return true;
    case 'u':
        print_number(sink, spec, argument_unsigned(arguments, spec->bytes), 10, false);
        return true;
    case 'x':
    case 'X':
        print_number(sink, spec, argument_unsigned(arguments, spec->bytes), 16, false);
        return true;
    case 'p':
        print_pointer(sink, spec, va_arg(arguments->list, void *));
        return true;
    case 's':
        print_string(sink, spec, va_arg(arguments->list, const char *));
        return true;
    case 'c':
        character = (char)va_arg(arguments->list, int);
        print_text(sink, spec, &character, 1);
        return true;
    case '%':
        sink_put(sink, '%');
        return true;
    default:
        return false;
    }
}

/* Reads digits or `*`, and moves *at behind them. */
static int read_number(const char **at, struct arguments *arguments)
{
    int number = 0;

    if (**at == '*') {
        (*at)++;
        number = va_arg(arguments->list, int);
    }
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (number < NUMBER_LIMIT)
            number = number * 10 + (**at - '0');
    }
    if (number > NUMBER_LIMIT)
        return NUMBER_LIMIT;
    return number < -NUMBER_LIMIT ? -NUMBER_LIMIT : number;
}

static size_t read_length(const char **at)
{
    char first = **at;

    if (first != 'h' && first != 'l' && first != 'z')
        return sizeof(int);
    (*at)++;
    if (first == 'z')
        return sizeof(size_t);
    if (**at != first)
        return first == 'h' ? sizeof(short) : sizeof(long);
    (*at)++;
    return first == 'h' ? sizeof(signed char) : sizeof(long long);
}

/* Reads what follows a `%`; returns the first character behind the conversion. */
static const char *read_spec(struct spec *spec, const char *at, struct arguments *arguments)
{
    *spec = (struct spec){.precision = PRECISION_NONE};
    for (; *at == '-' || *at == '0'; at++) {
        spec->left |= *at == '-';
        spec->zero |= *at == '0';
    }
    spec->width = read_number(&at, arguments);
    if (spec->width < 0) { /* a negative `*` means `-` (C17 7.21.6.1) */
        spec->left = true;
        spec->width = -spec->width;
    }
    if (*at == '.') {
        at++;
        spec->precision = read_number(&at, arguments);
        if (spec->precision < 0)
            spec->precision = PRECISION_NONE;
    }
    spec->bytes = read_length(&at);
    spec->conversion = *at;
    return *at == '\0' ? at : at + 1;
}

size_t format_v(char *buffer, size_t size, const char *template, va_list arguments)
{
    struct sink sink = {buffer, size, 0};
    struct arguments rest;

    if (size == 0)
        return 0;
    va_copy(rest.list, arguments);
    for (const char *at = template; *at != '\0';) {
        struct spec spec;
        const char *start = at++;

        if (*start == '%') {
            at = read_spec(&spec, at, &rest);
            if (print_conversion(&sink, &spec, &rest))
                continue;
        } else {
            while (*at != '\0' && *at != '%')
                at++;
        }
        sink_write(&sink, start, (size_t)(at - start));
    }
    va_end(rest.list);
    buffer[sink.used] = '\0';
    return sink.used;
}

size_t format(char *buffer, size_t size, const char *template, ...)
{
    va_list arguments;

    va_start(arguments, template);
    size_t length = format_v(buffer, size, template, arguments);
    va_end(arguments);
    return length;
}
