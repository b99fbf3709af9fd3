/*
 * The part of <string.h> that a freestanding program needs. gcc and clang emit calls to the mem*
 * functions on their own, so these keep the standard's names and semantics (C17 7.24). Any context.
 */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <stdbool.h>
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t limit);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t limit);

/* Copies at most size - 1 characters and always ends with a NUL; size 0 writes nothing. True if all
 * of it fitted. */
bool string_copy(char *to, size_t size, const char *from, size_t from_length);

#endif
