/* Why a system call did not do what it was asked. The same numbers as the kernel's own (lib/status.h), which are
 * for ever too. */
#ifndef ABI_ERROR_H
#define ABI_ERROR_H

#define FL_NO_MEMORY      (-1)
#define FL_BAD_ARGUMENT   (-2)
#define FL_BAD_ADDRESS    (-3)
#define FL_ALREADY_MAPPED (-4)
#define FL_NOT_FOUND      (-5)
#define FL_NO_SUCH_CALL   (-7)
#define FL_NOT_ALLOWED    (-8)
#define FL_TOO_MANY       (-9)

#endif
