/*
 * System calls with every combination of the flags that a program can set, and of those that it can only ask for: the
 * kernel does what it was asked, and the flags come back. With TF the call is done too, then the program is stepped on.
 */
#include "rows.h"

#define DB 1

#define RFLAGS_FIXED  0x2UL
#define RFLAGS_STATUS 0x8d5UL /* CF PF AF ZF SF OF */
#define RFLAGS_TF     0x100UL
#define RFLAGS_IF     0x200UL
#define RFLAGS_DF     0x400UL
#define RFLAGS_IOPL   0x3000UL
#define RFLAGS_NT     0x4000UL
#define RFLAGS_RF     0x10000UL
#define RFLAGS_AC     0x40000UL
#define RFLAGS_ID     0x200000UL
#define KEPT          (RFLAGS_STATUS | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID)

/* Longer than two words, so that a copy that ran backwards would find another name. */
static const char missing[] __attribute__((aligned(64))) = "there-is-no-such-program";

static const uint64_t choices[] = {RFLAGS_DF,   RFLAGS_NT,     RFLAGS_RF, RFLAGS_AC,
                                   RFLAGS_IOPL, RFLAGS_STATUS, RFLAGS_ID, RFLAGS_IF};
#define COMBINATIONS (1UL << ROW_COUNT(choices))

/*
 * int64_t call_with(uint64_t flags, const char *text, uint64_t bytes, uint64_t *after): spawn(text, bytes) with those flags,
 * which IRETQ sets, as POPFQ could not set RF.
 */
__asm__(".text\n"
        "call_with:\n"
        "mov %rcx, %r8\n"
        "mov %rsp, %r9\n"
        "push $0x23\n"
        "push %r9\n"
        "push %rdi\n"
        "push $0x2b\n"
        "push $1f\n"
        "mov %rsi, %rdi\n"
        "mov %rdx, %rsi\n"
        "mov $-1, %rdx\n"
        "mov $6, %eax\n" /* FL_CALL_SPAWN */
        "iretq\n"
        "1: syscall\n"
        "pushfq\n"
        "pop (%r8)\n"
        "push $0x202\n"
        "popfq\n"
        "ret\n");
int64_t call_with(uint64_t flags, const char *text, uint64_t bytes, uint64_t *after);
_Static_assert(FL_CALL_SPAWN == 6, "call_with");

static uint64_t combine(uint64_t which)
{
    uint64_t flags = RFLAGS_FIXED;

    for (size_t i = 0; i < ROW_COUNT(choices); i++)
        flags |= which >> i & 1 ? choices[i] : 0;
    return flags;
}

/* What an earlier call left on the kernel's stack must not make up for a copy that went the wrong way. */
static void overwrite_copy(void)
{
    static const char control[sizeof(missing)] = "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1";

    if (fl_spawn(control, sizeof(missing) - 1, FL_ANY_CPU) != FL_BAD_ARGUMENT)
        fl_exit(3);
}

static void flags_come_back(void)
{
    for (uint64_t which = 0; which < COMBINATIONS; which++) {
        uint64_t flags = combine(which), after = 0;

        overwrite_copy();
        if (call_with(flags, missing, sizeof(missing) - 1, &after) != FL_NOT_FOUND)
            fl_exit(1);
        if (after != ((flags & KEPT) | RFLAGS_FIXED | RFLAGS_IF))
            fl_exit(2);
    }
}

static void step(uint64_t which)
{
    uint64_t after;

    call_with(combine(which) | RFLAGS_TF, missing, sizeof(missing) - 1, &after);
}

/* Of DF, NT, RF and AC, the first of the choices. */
#define X(n)                                                                                       \
    static void step_##n(void) { step(n); }
#define STEPS(X)                                                                                   \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
STEPS(X)
#undef X

#define X(n) {"step_" #n, step_##n, DB, 0, 0},
static const struct row rows[] = {STEPS(X){"flags_come_back", flags_come_back, SURVIVES, 0, 0}};
#undef X

int main(int argc, char **argv) { return rows_main(argc, argv, rows, ROW_COUNT(rows)); }
