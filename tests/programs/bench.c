/*
 * Measures what ring 3 costs, in counts of the time-stamp counter, for `make bench`, which embeds it in demo's place. Each
 * is the median of many rounds, the cost of reading the counter taken off.
 */
#include "faultline.h"

#define ROUNDS     101
#define PAGE_BYTES 4096
#define AREA       ((char *)0x10000000)

static uint64_t counts[ROUNDS];

static uint64_t now(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static uint64_t median(void)
{
    for (int i = 1; i < ROUNDS; i++)
        for (int j = i; j > 0 && counts[j] < counts[j - 1]; j--) {
            uint64_t other = counts[j];

            counts[j] = counts[j - 1];
            counts[j - 1] = other;
        }
    return counts[ROUNDS / 2];
}

static char *append(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    return to;
}

static void report(const char *name, uint64_t value)
{
    char line[80], digits[20], *end = append(append(line, "user "), name);
    int length = 0;

    end = append(end, ": ");
    do
        digits[length++] = (char)('0' + value % 10);
    while (value /= 10);
    while (length > 0)
        *end++ = digits[--length];
    end = append(end, " counts");
    fl_log_write(line, (size_t)(end - line));
}

static uint64_t measure(void (*round)(int number))
{
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t before = now();

        round(i);
        counts[i] = now() - before;
    }
    return median();
}

static void nothing(int number) { (void)number; }
static void null_call(int number)
{
    (void)number;
    __asm__ volatile("syscall" : : "a"(FL_CALL_CPU_NUMBER) : "rcx", "r11", "memory");
}
static void use_page(int number) { *(volatile char *)(AREA + number * PAGE_BYTES) = 1; }
static void yield(int number)
{
    (void)number;
    fl_yield();
}
static void spawn_and_wait(int number)
{
    struct fl_end end;

    (void)number;
    fl_wait(fl_spawn("demo:end", 8, FL_ANY_CPU), &end);
}

static char handler_stack[4096] __attribute__((aligned(16)));

static void handler(struct fl_fault *fault)
{
    fault->rip += 2; /* behind the UD2 */
    fl_resume(fault);
}
static void fault_and_resume(int number)
{
    (void)number;
    __asm__ volatile("ud2");
}

int main(int argc, char **argv)
{
    uint64_t none;
    struct fl_end end;
    int64_t partner;

    if (argc > 1 && argv[1][0] == 'e')
        return 0;
    if (argc > 1 && argv[1][0] == 'y')
        for (;;)
            fl_yield();
    none = measure(nothing);
    report("null-call", measure(null_call) - none);
    fl_map(AREA, (ROUNDS + 1) * PAGE_BYTES, FL_MAP_WRITE);
    use_page(ROUNDS);
    report("page", measure(use_page) - none);
    fl_on_fault(handler, handler_stack + sizeof(handler_stack));
    report("fault-and-resume", measure(fault_and_resume) - none);
    report("spawn-exit-wait", measure(spawn_and_wait) - none);
    partner = fl_spawn("demo:yield", 10, FL_ANY_CPU);
    report("two-yields", measure(yield) - none);
    fl_kill(partner);
    fl_wait(partner, &end);
    return 0;
}
