/*
 * Addresses told by name, file and line, from the table that the kernel was linked with. Any context:
 * no lock, no allocation, about 1 KiB of stack; a look-up takes under 2,000 instructions (`make bench`). Texts are at most
 * size - 1 characters and never empty unless said; each function returns the length.
 */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/symbols.h"

/* Bytes that hold any text of these functions but for names of unusual length, which are cut. */
#define SYMBOL_TEXT_MAX 160

/* Checks the table; warns once when it cannot be used. Before it no address has a name. Boot CPU. */
void symbols_init(void);

/* Checks it once more, without a word: what led to a report may have damaged it. Any context. */
void symbols_check(void);

/* NULL, or a sentence that says why addresses have no names. */
const char *symbols_problem(void);

/* The places of an address, see symbols_find(). */
size_t symbols_lookup(vaddr_t address, struct symbols_place *places, size_t max);

/* `frame_alloc+0x1c (kernel/mm/frame.c:87)`; the line is the innermost inlined call's. A variable has no
 * line. What is unknown is 16 hexadecimal digits. */
size_t symbolize(char *text, size_t size, vaddr_t address);

/* The same for a return address, which lies behind the call: the line is the call's. */
size_t symbolize_return(char *text, size_t size, vaddr_t address);

/* `boot_info+0x10`, the name alone, of a return address or any other; nothing when it is unknown. */
size_t symbolize_name(char *text, size_t size, vaddr_t address, bool is_return);

/* Where the function that holds an address begins; 0: unknown. */
vaddr_t symbols_function_start(vaddr_t address);

/*
 * One of the lines that a backtrace has for an address: level 0 is the innermost inlined call, the last
 * level the function itself: `bits_get (include/lib/bits.h:20) (inlined)`, `frame_alloc+0x1c
 * (kernel/mm/frame.c:87)`. Returns whether there is a next level.
 */
bool symbolize_level(char *text, size_t size, vaddr_t address, bool is_return, unsigned level);

#endif
