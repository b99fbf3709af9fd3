/*
 * The one formatter of loader, kernel and tests: a subset of printf that allocates nothing and
 * cannot fail.
 *
 * Conversions: %d %i %u %x %X %c %s %p %%; flags `-` and `0`; width and precision as digits or `*`;
 * lengths hh h l ll z. Compilers check the arguments (attribute format). Floating point does not
 * exist here. %s of NULL prints "(null)"; %p prints 16 hexadecimal digits without 0x. An unknown
 * conversion is copied to the output as it stands.
 */
#ifndef LIB_FORMAT_H
#define LIB_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/compiler.h"

/*
 * Writes at most size - 1 characters and a NUL (nothing when size is 0) and returns the number of
 * characters written, without the NUL: never more than size - 1, unlike snprintf, so that the
 * result can be used as a length. Any context.
 */
size_t format(char *buffer, size_t size, const char *template, ...) PRINTF_LIKE(3, 4);
size_t format_v(char *buffer, size_t size, const char *template, va_list arguments)
    PRINTF_LIKE(3, 0);

#endif
