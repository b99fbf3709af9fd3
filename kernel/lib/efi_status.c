/* See lib/efi_status.h. */
#include "lib/efi_status.h"

#include <stddef.h>

#include "lib/compiler.h"

const char *efi_status_text(uint64_t status)
{
    static const char *const names[] = {
        [0] = "success",
        [1] = "load error",
        [2] = "invalid parameter",
        [3] = "unsupported",
        [4] = "bad buffer size",
        [5] = "buffer too small",
        [6] = "not ready",
        [7] = "device error",
        [8] = "write protected",
        [9] = "out of resources",
        [10] = "volume corrupted",
        [11] = "volume full",
        [12] = "no media",
        [13] = "media changed",
        [14] = "not found",
        [15] = "access denied",
        [16] = "no response",
        [17] = "no mapping",
        [18] = "time-out",
        [19] = "not started",
        [20] = "already started",
        [21] = "aborted",
        [24] = "protocol error",
        [25] = "incompatible version",
        [26] = "security violation",
        [27] = "CRC error",
        [28] = "end of media",
        [31] = "end of file",
        [32] = "invalid language",
        [33] = "compromised data",
    };
    uint64_t number = status & ~EFI_STATUS_ERROR;

    return number < ARRAY_COUNT(names) && names[number] ? names[number] : "unknown status";
}
