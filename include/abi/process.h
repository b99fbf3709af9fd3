/* How a program ended, as FL_CALL_WAIT tells its parent. */
#ifndef ABI_PROCESS_H
#define ABI_PROCESS_H

#include <stdint.h>

#define FL_END_EXIT 0 /* it called exit: `code` is its code */
#define FL_END_FAULT                                                                               \
    1 /* `code` is the exception's vector, `error` and `address` as in abi/fault.h */
#define FL_END_KILLED 2 /* somebody else ended it */

struct fl_end {
    uint32_t reason; /* FL_END_* */
    int32_t code;
    uint64_t error;
    uint64_t address;
};

#endif
