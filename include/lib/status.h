/* Why something could not be done. 0 is success, everything else is negative, so that counts can
 * share the type. */
#ifndef LIB_STATUS_H
#define LIB_STATUS_H

typedef int status_t;

enum {
    STATUS_OK = 0,
    ERR_NO_MEMORY = -1,
    ERR_BAD_ARGUMENT = -2,
    ERR_BAD_ADDRESS = -3,
    ERR_ALREADY_MAPPED = -4,
    ERR_NOT_FOUND = -5,
    ERR_TIMED_OUT = -6,
    ERR_NO_SUCH_CALL = -7,
    ERR_NOT_ALLOWED = -8,
    ERR_TOO_MANY = -9,
};

/* A short plain phrase for a log line, "unknown status" for numbers outside the list. Any context.
 */
const char *status_text(status_t status);

#endif
