/*
 * What the unit tests share: cmocka with the headers it wants, bytes that the address
 * sanitizer guards on both sides, a collector for warnings, and tests made from the rows of a table.
 */
#ifndef TESTS_HOST_TEST_H
#define TESTS_HOST_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/compiler.h"
#include "lib/diagnostics.h"
#include "lib/random.h"

/* A copy that ends where its memory block ends; `offset` bytes in front make it unaligned. Free *block. */
static inline uint8_t *guarded_copy(uint8_t **block, const void *bytes, size_t size, size_t offset)
{
    *block = malloc(offset + size + (offset + size == 0));
    assert_non_null(*block);
    if (size > 0)
        memcpy(*block + offset, bytes, size);
    return *block + offset + (offset + size == 0); /* nothing at all: one past a block of 1 */
}

/* All warnings, each ended by LF. */
struct findings {
    char text[32768];
    size_t length;
    size_t count;
};

static inline void findings_add(void *context, const char *line)
{
    struct findings *findings = context;

    assert_true(strlen(line) <= 159);
    findings->count++;
    findings->length += (size_t)snprintf(findings->text + findings->length,
                                         sizeof(findings->text) - findings->length, "%s\n", line);
    assert_true(findings->length < sizeof(findings->text));
}

static inline struct diagnostics findings_collect(struct findings *findings)
{
    memset(findings, 0, sizeof(*findings));
    return (struct diagnostics){.warn = findings_add, .context = findings};
}

/* The text must contain `part`; a NULL part: there must be no text. */
static inline void assert_contains(const char *text, const char *part)
{
    if (part == NULL) {
        if (text && text[0])
            fail_msg("unexpected: %s", text);
        return;
    }
    if (text == NULL || strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, text ? text : "(nothing)");
}

#define HOST_TESTS_MAX 256

/* Tests to be run as one group: functions, and rows of tables. */
struct host_tests {
    struct CMUnitTest tests[HOST_TESTS_MAX];
    size_t count;
};

static inline void host_tests_add(struct host_tests *tests, const char *name,
                                  CMUnitTestFunction function, void *row)
{
    assert_true(tests->count < HOST_TESTS_MAX);
    tests->tests[tests->count++] =
        (struct CMUnitTest){.name = name, .test_func = function, .initial_state = row};
}

#define HOST_ADD(tests, function) host_tests_add(tests, #function, function, NULL)

/* One test for each row of a table whose rows have a `name`; the test finds its row in *state. */
#define HOST_ADD_ROWS(tests, function, table)                                                      \
    do {                                                                                           \
        for (size_t row_ = 0; row_ < ARRAY_COUNT(table); row_++)                                   \
            host_tests_add(tests, (table)[row_].name, function, &(table)[row_]);                   \
    } while (0)

static inline int host_tests_run(const struct host_tests *tests, const char *group)
{
    return _cmocka_run_group_tests(group, tests->tests, tests->count, NULL, NULL);
}

#endif
