/*
 * The first thousand digits of pi, by the spigot of Rabinowitz and Wagon (1995) in integers: what a program computes while
 * others misbehave. Exit code 0 when every digit is right, by a sum of them (FNV-1a) that was computed from Machin's formula.
 */
#include "faultline.h"

#define DIGITS     1000
#define GUARD      10 /* digits at the end that a carry could still change */
#define TERMS      ((DIGITS + GUARD) * 10 / 3 + 1)
#define FNV_START  0xcbf29ce484222325UL
#define FNV_FACTOR 0x100000001b3UL
#define EXPECTED   0xaed38f18533f91b9UL /* of the digits 3, 1, 4 ... as numbers */

static uint32_t terms[TERMS];
static uint8_t digits[DIGITS + GUARD];

/* One more digit out of the terms, 10 when it carries into those before. */
static uint32_t next_digit(void)
{
    uint32_t carry = 0;

    for (uint32_t i = TERMS; i-- > 1;) {
        uint32_t value = terms[i] * 10 + carry;

        terms[i] = value % (2 * i + 1);
        carry = value / (2 * i + 1) * i;
    }
    carry += terms[0] * 10;
    terms[0] = carry % 10;
    return carry / 10;
}

static void add_carry(size_t at)
{
    while (at-- > 0 && ++digits[at] == 10)
        digits[at] = 0;
}

int main(void)
{
    uint64_t sum = FNV_START;

    for (size_t i = 0; i < TERMS; i++)
        terms[i] = 2;
    for (size_t i = 0; i < DIGITS + GUARD; i++) {
        uint32_t digit = next_digit();

        if (digit >= 10)
            add_carry(i);
        digits[i] = (uint8_t)(digit % 10);
    }
    for (size_t i = 0; i < DIGITS; i++)
        sum = (sum ^ digits[i]) * FNV_FACTOR;
    return sum == EXPECTED ? 0 : 1;
}
