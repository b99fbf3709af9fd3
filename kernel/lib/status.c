/* Phrases for the numbers of lib/status.h. */
#include "lib/status.h"

#include "lib/compiler.h"

/* Indexed by the negated status. */
static const char *const phrases[] = {
    [-STATUS_OK] = "no error",
    [-ERR_NO_MEMORY] = "out of memory",
    [-ERR_BAD_ARGUMENT] = "bad argument",
    [-ERR_BAD_ADDRESS] = "bad address",
    [-ERR_ALREADY_MAPPED] = "already mapped",
    [-ERR_NOT_FOUND] = "not found",
    [-ERR_TIMED_OUT] = "timed out",
    [-ERR_NO_SUCH_CALL] = "no such call",
    [-ERR_NOT_ALLOWED] = "not allowed",
    [-ERR_TOO_MANY] = "too many",
};

const char *status_text(status_t status)
{
    /* Compared before negating: the lowest int has no positive twin. */
    if (status > 0 || status <= -(int)ARRAY_COUNT(phrases))
        return "unknown status";
    return phrases[-status];
}
