/*
 * Looks addresses up in the symbol table that scripts/make-symbols made and the kernel was linked with.
 * Pure: no allocation, no lock, no hardware. Nothing in the table is trusted, not even after its
 * checksum was found right: whatever its bytes, a look-up ends, and reads only in the table.
 */
#ifndef LIB_SYMBOLS_H
#define LIB_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/symbols_format.h"
#include "lib/types.h"

/* Enough for every chain of inlined calls that compilers were seen to make. */
#define SYMBOLS_PLACES_MAX 12

/* An open table: a copy of its header, and where its parts are. */
struct symbols {
    struct symbols_header header;
    const uint8_t *parts[SYMBOLS_PARTS];
    vaddr_t data_start;
};

/* Text in the table; not ended by a NUL. */
struct symbols_text {
    const char *text;
    size_t length;
};

struct symbols_place {
    uint32_t name;   /* of the function or variable, for symbols_name() */
    uint32_t file;   /* for symbols_file() */
    uint32_t line;   /* 0: unknown */
    uint32_t offset; /* of the address in the function or variable, unless inlined */
    bool inlined;    /* into the next place */
};

/*
 * NULL, or a plain sentence that says why the table cannot be used. The table must stay. `text_start`
 * and `data_start` are where the kernel's text and writable data begin now.
 */
const char *symbols_open(struct symbols *symbols, const void *table, size_t size_bytes,
                         vaddr_t text_start, vaddr_t data_start);

/*
 * Where `address` comes from: the innermost inlined call first, the function itself last, and of more
 * than `max` places those before the last one are left out. Returns how many, 0 when nothing is known:
 * an address between functions belongs to none.
 */
size_t symbols_find(const struct symbols *symbols, vaddr_t address, struct symbols_place *places,
                    size_t max);

/* The texts of a place. Empty: what the table says cannot be true, or (of a file) it is unknown. */
struct symbols_text symbols_name(const struct symbols *symbols, const struct symbols_place *place);
struct symbols_text symbols_file(const struct symbols *symbols, const struct symbols_place *place);

#endif
