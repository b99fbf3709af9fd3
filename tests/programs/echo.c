/*
 * The tutorial's program: seven registers with 10, 20 ... 70 come back one higher, and a second time from
 * there. Constants, data and zeros lie in a segment each. Exit code 0 when every register was right.
 */
#include "faultline.h"

#define REGISTERS 7

static const uint64_t first[REGISTERS] = {10, 20, 30, 40, 50, 60, 70};
static uint64_t values[REGISTERS];
static volatile int rounds = 2; /* read from the data segment, and not folded into the text */

/* The call's number is the last of them. */
static void echo(void)
{
    register uint64_t r10 __asm__("r10") = values[3];
    register uint64_t r8 __asm__("r8") = values[4];
    register uint64_t r9 __asm__("r9") = values[5];

    __asm__ volatile("syscall"
                     : "+D"(values[0]), "+S"(values[1]), "+d"(values[2]), "+r"(r10), "+r"(r8),
                       "+r"(r9), "+a"(values[6])
                     :
                     : "rcx", "r11", "memory");
    values[3] = r10;
    values[4] = r8;
    values[5] = r9;
}

int main(void)
{
    for (int i = 0; i < REGISTERS; i++)
        values[i] = first[i];
    for (int round = 1; round <= rounds; round++) {
        echo();
        for (int i = 0; i < REGISTERS; i++)
            if (values[i] != first[i] + (uint64_t)round)
                return round;
        fl_say("every register came back one higher");
    }
    return 0;
}
