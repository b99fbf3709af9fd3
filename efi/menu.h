/* The loader's keyboard, for its menu. Before ExitBootServices only. */
#ifndef EFI_MENU_H
#define EFI_MENU_H

#include "loader.h"

#define MENU_SCAN_ESCAPE 0x17

/* A key that was pressed already; false when there is none, or no keyboard. */
bool menu_take_key(struct loader *loader, EFI_INPUT_KEY *key);

/* Waits so many seconds at most, 0: for ever. False without a key in that time, and at once without a keyboard. */
bool menu_wait_for_key(struct loader *loader, UINT64 seconds, EFI_INPUT_KEY *key);

/* Lets the user change the line at its end, and shows it meanwhile. False when it was left with Escape: then `text` is of no
 * use. `size` includes the NUL. */
bool menu_read_line(struct loader *loader, char *text, size_t size);

#endif
