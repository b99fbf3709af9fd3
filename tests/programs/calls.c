/*
 * System calls as nobody should make them: numbers that there are not, stack pointers that point nowhere. No register but
 * those of the result changes, whatever the call.
 */
#include "registers.h"
#include "text.h"

#define RANDOM_CALLS 100000
#define SPIN_NS      30000000 /* some ticks long */
#define HIGH_BIT     0x8000000000000000UL

REGISTERS_AROUND(call, ".globl call_syscall\ncall_syscall: syscall");
extern const char call_syscall[];

static bool is_call(uint64_t number)
{
    return number <= FL_CALL_SET_BASES ||
           (number >= FL_CALL_ECHO_FIRST && number <= FL_CALL_ECHO_LAST);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static bool is_refused(uint64_t number) { return fl_call(number, 1, 2, 3) == FL_NO_SUCH_CALL; }

/* Also those that are a call in their low 32, 16 or 8 bits. */
static bool numbers_are_refused(void)
{
    uint64_t state = 0x2545f4914f6cdd1d;

    for (uint64_t number = 0; number < 1024; number++) {
        if (!is_call(number) && !is_refused(number))
            return false;
        for (unsigned bit = 7; bit < 64; bit++)
            if (!is_call(number | 1UL << bit) && !is_refused(number | 1UL << bit))
                return false;
        if (!is_refused(-number - 1))
            return false;
    }
    for (int i = 0; i < RANDOM_CALLS; i++) {
        uint64_t number = next_random(&state) >> (i % 57);

        if (!is_call(number) && !is_refused(number))
            return false;
    }
    return true;
}

static int64_t call_on_stack(uint64_t rsp, uint64_t number)
{
    int64_t result;

    __asm__ volatile("mov %%rsp, %%rbx; mov %2, %%rsp; syscall; mov %%rbx, %%rsp"
                     : "=a"(result)
                     : "a"(number), "r"(rsp)
                     : "rbx", "rcx", "r11", "memory");
    return result;
}

static bool stacks_do_not_matter(void)
{
    static const uint64_t stacks[] = {0,
                                      1,
                                      8,
                                      0x400000,
                                      0x00007ffffffff000,
                                      0x0000800000000000,
                                      0xffff7ffffffffff8,
                                      0xffff800000000000,
                                      0xffffffff80000000,
                                      0xfffffffffffffff8,
                                      UINT64_MAX,
                                      HIGH_BIT};

    for (size_t i = 0; i < sizeof(stacks) / sizeof(*stacks); i++) {
        int64_t end = (int64_t)fl_clock() + SPIN_NS;

        if (call_on_stack(stacks[i], FL_CALL_PROCESS_ID) != fl_process_id() ||
            call_on_stack(stacks[i], FL_CALL_YIELD) != 0)
            return false;
        while (call_on_stack(stacks[i], FL_CALL_CLOCK) < end)
            ;
    }
    return true;
}

/* Which those calls would not come back from, or not as they went. */
static bool is_left_out(uint64_t number)
{
    return number == FL_CALL_EXIT || number == FL_CALL_SLEEP || number == FL_CALL_RESUME ||
           (number >= FL_CALL_ECHO_FIRST && number <= FL_CALL_ECHO_LAST);
}

/* RCX and R11 are the program's own address and flags (SDM vol. 2B, SYSCALL). */
static bool other_registers_stay(void)
{
    if (registers_out[RCX] != (uint64_t)call_syscall + 2 ||
        registers_out[R11] != registers_out[FLAGS])
        return false;
    for (int i = RBX; i <= R15; i++)
        if (i != RCX && i != R11 && registers_out[i] != registers_in[i])
            return false;
    return true;
}

/* A result is an error or a small number, never an address of the kernel's. */
static bool result_is_no_address(void)
{
    int64_t result = (int64_t)registers_out[RAX];

    return result >= FL_TOO_MANY && result < 0x100000000000;
}

static bool registers_stay(void)
{
    for (uint64_t number = 0; number <= FL_CALL_ECHO_LAST + 1; number++) {
        registers_fill(number);
        registers_in[RAX] = number;
        if (is_left_out(number))
            continue;
        call();
        if (!other_registers_stay() || !result_is_no_address())
            return false;
    }
    return true;
}

static int report(const char *what, bool well)
{
    struct line line = {.length = 0};

    line_add(&line, what);
    line_add(&line, well ? ": yes" : ": FAILED");
    line_say(&line);
    return !well;
}

int main(void)
{
    return report("numbers that are no call are refused", numbers_are_refused()) +
           report("calls with any stack pointer", stacks_do_not_matter()) +
           report("registers stay in each call", registers_stay());
}
