/* What libqrcodegen asks of a C library, beside lib/string.h. Its checks end in panic(), which here is one more fault within a
 * report (report_code.c). The names and their meanings: LSB Core 5.0, libc. */
#include "kernel/panic.h"
#include "lib/string.h"

char *strchr(const char *text, int character);
void *__memset_chk(void *to, int byte, size_t size, size_t room);
NORETURN void __assert_fail(const char *assertion, const char *file, unsigned line,
                            const char *function);

char *strchr(const char *text, int character)
{
    for (;; text++) {
        if (*text == (char)character)
            return (char *)(uintptr_t)text;
        if (*text == '\0')
            return NULL;
    }
}

void *__memset_chk(void *to, int byte, size_t size, size_t room)
{
    assert_compare(size, <=, room);
    return memset(to, byte, size);
}

void __assert_fail(const char *assertion, const char *file, unsigned line, const char *function)
{
    panic("assertion failed: %s (%s:%u, %s)", assertion, file, line, function);
}
