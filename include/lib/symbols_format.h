/*
 * The symbol table as scripts/make-symbols writes it and kernel/lib/symbols.c reads it. Little-endian;
 * the parts follow the header in this order:
 *
 *     blocks    struct symbols_block; the last one only ends the one before
 *     starts    24 bits each, ascending: where functions and variables begin
 *     nodes     struct symbols_node, each behind the one that it was inlined into
 *     odd       struct symbols_odd_call, by node: calls that symbols_node has no room for
 *     entities  struct symbols_entity: functions and variables, by name and file
 *     files     uint32_t: where in `strings` the names of files are
 *     runs      bytes, see below
 *     strings   each a byte that says how long it is, and its characters
 *
 * Addresses are offsets. Those below fixed_bytes count from the kernel's text, which the table lies
 * behind; the others from fixed_bytes at the start of the kernel's data, which the table pushes away.
 *
 * A run is a stretch of addresses with the same node and line, up to the next run. Runs are coded by
 * their difference from the one before, and anew in every block. Lines are relative to the entity's
 * base_line; the first byte of a run is
 *
 *     0lllaaaa   same node; line + lll - 3, address + aaaa + 1
 *     10kkaaaa   address + aaaa, or for 0 + a number that follows; then by kk
 *                0 difference of the nodes, line; 1 line (same node);
 *                2 difference of the nodes, file + 1 (0: unknown), line as it is; 3 nothing is here
 *     11nnnaaa   node + nnn - 3 (nnn below 3) or + nnn - 2, address + aaa + 1; then the line
 *
 * Records are not aligned. Numbers are LEB128 (DWARF 5, 7.6), differences of nodes zigzag-coded: 0, -1, 1, -2, 2 ...
 */
#ifndef LIB_SYMBOLS_FORMAT_H
#define LIB_SYMBOLS_FORMAT_H

#include <stdint.h>

#include "lib/compiler.h"

#define SYMBOLS_MAGIC      UINT64_C(0x314d59534b4c4c46) /* "FLLKSYM1" in memory order */
#define SYMBOLS_BLOCK_RUNS 16
#define SYMBOLS_NO_FILE    0xfff
#define SYMBOLS_NAME_BITS  20

enum symbols_part {
    SYMBOLS_BLOCKS,
    SYMBOLS_STARTS,
    SYMBOLS_NODES,
    SYMBOLS_ODD_CALLS,
    SYMBOLS_ENTITIES,
    SYMBOLS_FILES,
    SYMBOLS_RUNS,
    SYMBOLS_STRINGS,
    SYMBOLS_PARTS
};

struct symbols_header {
    uint64_t magic;
    uint64_t checksum; /* lib/checksum.h, of all that follows this field */
    uint64_t text_start;
    uint32_t size_bytes; /* of all */
    uint32_t fixed_bytes;
    uint32_t image_bytes; /* end of the offsets */
    uint32_t reserved;    /* 0 */
    uint32_t counts[SYMBOLS_PARTS];
};

/* Addresses, and places in the runs. */
#define SYMBOLS_OFFSET_BYTES 3
#define SYMBOLS_OFFSET_MAX   0xffffff

struct PACKED symbols_block {
    uint32_t start : 24; /* address of its first run */
    uint32_t run   : 24; /* where that is in the runs */
};

struct PACKED symbols_node {
    uint16_t entity;
    uint8_t up;   /* the node that it was inlined into is so many before; 0: not inlined */
    uint8_t line; /* of the call; SYMBOLS_ODD: see symbols_odd_call */
};

#define SYMBOLS_ODD 0xff

struct PACKED symbols_odd_call {
    uint32_t node;
    uint32_t up;
    uint32_t file; /* + 1 */
    uint32_t line; /* as it is */
};

struct PACKED symbols_entity {
    uint16_t name_low; /* where the name is in the strings, the low 16 bits */
    uint16_t
        name_file; /* bits 3..0: of the name, the high 4 bits; 15..4: file or SYMBOLS_NO_FILE */
    uint16_t base_line;
};

_Static_assert(sizeof(struct symbols_header) == 72, "no padding");
_Static_assert(sizeof(struct symbols_block) == 2 * SYMBOLS_OFFSET_BYTES, "no padding");
_Static_assert(sizeof(struct symbols_node) == 4, "no padding");
_Static_assert(sizeof(struct symbols_odd_call) == 16, "no padding");
_Static_assert(sizeof(struct symbols_entity) == 6, "no padding");

static const uint8_t symbols_record_bytes[SYMBOLS_PARTS] = {
    [SYMBOLS_BLOCKS] = sizeof(struct symbols_block),
    [SYMBOLS_STARTS] = SYMBOLS_OFFSET_BYTES,
    [SYMBOLS_NODES] = sizeof(struct symbols_node),
    [SYMBOLS_ODD_CALLS] = sizeof(struct symbols_odd_call),
    [SYMBOLS_ENTITIES] = sizeof(struct symbols_entity),
    [SYMBOLS_FILES] = sizeof(uint32_t),
    [SYMBOLS_RUNS] = 1,
    [SYMBOLS_STRINGS] = 1,
};

#endif
