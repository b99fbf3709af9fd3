/*
 * INT n for every n: a gate is open to ring 3 for the breakpoint alone, and every other one answers with #GP, whose error
 * code names the gate (SDM vol. 3A, 6.12.1.2, 6.13). One program: its own handler takes each exception and goes on.
 */
#include "text.h"

#define BP         3
#define GP         13
#define STUB_BYTES 4
#define VECTORS    256

__asm__(".text\n"
        ".balign 4\n"
        "int_stubs:\n"
        ".set number, 0\n"
        ".rept 256\n"
        ".byte 0xcd, number\n" /* INT n, also for 3 */
        "ret\n"
        "nop\n"
        ".set number, number + 1\n"
        ".endr\n");
extern const uint8_t int_stubs[VECTORS * STUB_BYTES];

static char stack[4096] __attribute__((aligned(16)));
static struct fl_fault seen;
static int count;

/* #GP leaves RIP at the instruction, #BP behind it. */
static void handler(struct fl_fault *fault)
{
    seen = *fault;
    count++;
    fault->rip += fault->vector == GP ? 2 : 0;
    fl_resume(fault);
}

static bool is_as_expected(uint64_t number)
{
    uint64_t stub = (uint64_t)int_stubs + number * STUB_BYTES;

    count = 0;
    ((void (*)(void))stub)();
    if (number == BP)
        return count == 1 && seen.vector == BP && seen.error == 0 && seen.rip == stub + 2;
    return count == 1 && seen.vector == GP && seen.error == number * 8 + 2 && seen.rip == stub;
}

int main(void)
{
    int failed = 0;

    fl_on_fault(handler, stack + sizeof(stack));
    for (uint64_t number = 0; number < VECTORS; number++)
        if (!is_as_expected(number)) {
            say_number("FAILED: int", number, 10);
            failed++;
        }
    say_number("vectors closed or #BP:", VECTORS - (uint64_t)failed, 10);
    return failed;
}
