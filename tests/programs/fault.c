/* Commits the fault that its argument names. */
#include "faultline.h"

static const char constant[] = "constant";

static int is(const char *a, const char *b)
{
    for (; *a && *a == *b; b++)
        a++;
    return *a == *b;
}

static volatile int depth = 1 << 30;

__attribute__((noinline)) static int overflow(volatile int *p)
{
    volatile int here[64];

    here[0] = *p;
    return depth-- > 0 ? overflow(here) + here[0] : 0;
}

static void read_at(uintptr_t address)
{
    __asm__ volatile("mov (%0), %%eax" : : "r"(address) : "rax");
}
static void null_read(void) { read_at(8); }
static void kernel_read(void) { read_at(0xffffffff80000000); }
static void text_write(void) { *(volatile char *)(uintptr_t)null_read = 1; }
static void constant_write(void) { *(volatile char *)(uintptr_t)constant = 1; }
static void stack_execute(void)
{
    uint8_t code[16] = {0xc3};

    __asm__ volatile("call *%0" : : "r"(code) : "memory");
}
static void stack_overflow(void)
{
    int zero = 0;

    overflow(&zero);
}
static void divide(void)
{
    __asm__ volatile("xor %%ecx, %%ecx; div %%ecx" : : : "rax", "rcx", "rdx");
}
static void halt(void) { __asm__ volatile("hlt"); }
static void single_step(void) { __asm__ volatile("pushfq; orl $0x100, (%rsp); popfq; nop; nop"); }

static const struct {
    const char *name;
    void (*commit)(void);
} faults[] = {
    {"null-read", null_read},
    {"kernel-read", kernel_read},
    {"text-write", text_write},
    {"constant-write", constant_write},
    {"stack-execute", stack_execute},
    {"stack-overflow", stack_overflow},
    {"divide", divide},
    {"hlt", halt},
    {"single-step", single_step},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(faults) / sizeof(*faults); i++)
        if (is(argv[1], faults[i].name))
            faults[i].commit();
    return 1;
}
