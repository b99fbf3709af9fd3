/* The firmware's status codes in words. Source: UEFI 2.10, appendix D. */
#ifndef LIB_EFI_STATUS_H
#define LIB_EFI_STATUS_H

#include <stdint.h>

#include "lib/bits.h"

#define EFI_STATUS_ERROR BIT(63) /* set in every code that says that nothing was done */

/* "out of resources"; "unknown status" for what the specification does not list. Any context. */
const char *efi_status_text(uint64_t status);

#endif
