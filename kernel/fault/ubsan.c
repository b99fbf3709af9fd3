/*
 * What the compiler calls in checked builds (-fsanitize=undefined) when it meets undefined
 * behaviour: a panic that names kind, file, line and column. Each handler's first argument begins
 * with the source location (LLVM, UBSan runtime interface).
 */
#include "kernel/panic.h"

#include <stdint.h>

struct source_location {
    const char *file;
    uint32_t line, column;
};

#define UBSAN_HANDLER(kind, words)                                                                 \
    void __ubsan_handle_##kind(const struct source_location *where);                               \
    void __ubsan_handle_##kind(const struct source_location *where)                                \
    {                                                                                              \
        panic_prepare(where->file, (int)where->line, "undefined behaviour: " words);               \
        ARCH_CPU_TRAP();                                                                           \
    }

UBSAN_HANDLER(add_overflow, "signed addition overflows")
UBSAN_HANDLER(sub_overflow, "signed subtraction overflows")
UBSAN_HANDLER(mul_overflow, "signed multiplication overflows")
UBSAN_HANDLER(negate_overflow, "signed negation overflows")
UBSAN_HANDLER(divrem_overflow, "division by zero or overflow")
UBSAN_HANDLER(shift_out_of_bounds, "a shift by more than the type's width, or of a negative value")
UBSAN_HANDLER(out_of_bounds, "an array index out of bounds")
UBSAN_HANDLER(type_mismatch_v1, "a null, misaligned or too small object is accessed")
UBSAN_HANDLER(pointer_overflow, "pointer arithmetic overflows")
UBSAN_HANDLER(load_invalid_value, "a value that its type does not have")
UBSAN_HANDLER(vla_bound_not_positive, "an array of no length")
UBSAN_HANDLER(nonnull_arg, "a null pointer where none may be passed")
UBSAN_HANDLER(builtin_unreachable, "code was reached that cannot be reached")
UBSAN_HANDLER(missing_return, "a function ends without its value")
UBSAN_HANDLER(invalid_builtin, "a builtin is given a value it does not take")
