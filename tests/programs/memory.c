/* Memory that a program may not use in some way: each is #PF, or #GP where the address is no address at all. */
#include "rows.h"

#define GP 13
#define PF 14

/* Bits of a page fault's error code (SDM vol. 3A, 4.7). */
#define PRESENT 1
#define WRITE   2
#define USER    4
#define FETCH   16

#define KERNEL_IMAGE 0xffffffff80000000UL
#define KERNEL_HEAP  0xffffe00000000000UL
#define KERNEL_RAM   0xffff800000100000UL
#define UNUSED       0xfffff00000000000UL
#define USER_END     0x00007ffffffff000UL
#define STACK_GUARD  (USER_END - FL_STACK_BYTES - 0x1000)
#define HOLE         0x0000800000000000UL
#define HOLE_END     0xffff7ffffffffff8UL
#define NOTHING      0x0000000010000000UL

static const char constant[4096] __attribute__((aligned(4096))) = "constant";
static uint8_t data[4096] __attribute__((aligned(4096))) = {0xc3};

static void read_at(uint64_t address)
{
    __asm__ volatile("mov (%0), %%al" : : "r"(address) : "rax", "memory");
}
static void write_at(uint64_t address)
{
    __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory");
}
static void jump_to(uint64_t address) { __asm__ volatile("call *%0" : : "r"(address) : "memory"); }

static volatile int depth = 1 << 30;

__attribute__((noinline)) static int recurse(volatile int *above)
{
    volatile int here[64];

    here[0] = *above;
    return depth-- > 0 ? recurse(here) + here[0] : 0;
}
static void stack_overflow(void)
{
    volatile int zero = 0;

    recurse(&zero);
}
static void stack_execute(void)
{
    volatile uint8_t code[] = {0xc3};

    jump_to((uint64_t)code);
}
static void data_execute(void) { jump_to((uint64_t)data); }
static void constant_execute(void) { jump_to((uint64_t)constant); }
static void constant_write(void) { write_at((uint64_t)constant); }

/* clang-format off */
#define ROWS(X) \
    X(null_read,       read_at,  8,              PF, USER) \
    X(null_write,      write_at, 8,              PF, USER | WRITE) \
    X(null_execute,    jump_to,  0,              PF, USER | FETCH) \
    X(nothing_read,    read_at,  NOTHING,        PF, USER) \
    X(nothing_write,   write_at, NOTHING,        PF, USER | WRITE) \
    X(nothing_execute, jump_to,  NOTHING,        PF, USER | FETCH) \
    X(text_write,      write_at, 0x400000,       PF, USER | WRITE | PRESENT) \
    X(kernel_read,     read_at,  KERNEL_IMAGE,   PF, USER | PRESENT) \
    X(kernel_write,    write_at, KERNEL_IMAGE,   PF, USER | PRESENT | WRITE) \
    X(kernel_execute,  jump_to,  KERNEL_IMAGE,   PF, USER | PRESENT | FETCH) \
    X(ram_read,        read_at,  KERNEL_RAM,     PF, USER | PRESENT) \
    X(ram_write,       write_at, KERNEL_RAM,     PF, USER | PRESENT | WRITE) \
    X(ram_execute,     jump_to,  KERNEL_RAM,     PF, USER | PRESENT | FETCH) \
    X(unused_read,     read_at,  UNUSED,         PF, USER) \
    X(last_byte_read,  read_at,  UINT64_MAX,     PF, USER) \
    X(guard_read,      read_at,  STACK_GUARD,    PF, USER) \
    X(user_end_read,   read_at,  USER_END,       PF, USER) \
    X(user_end_write,  write_at, USER_END,       PF, USER | WRITE) \
    X(user_end_execute, jump_to, USER_END,       PF, USER | FETCH) \
    X(hole_read,       read_at,  HOLE,           GP, 0) \
    X(hole_write,      write_at, HOLE_END,       GP, 0) \
    X(hole_execute,    jump_to,  HOLE,           GP, 0)

#define X(name, use, address, vector, error) static void name(void) { use(address); }
ROWS(X)
#undef X
/* clang-format on */

#define X(name, use, address, vector, error)                                                       \
    {#name, name, vector, error, (vector) == PF ? (address) : 0},
static const struct row rows[] = {
    ROWS(X){"constant_write", constant_write, PF, USER | WRITE | PRESENT, (uint64_t)constant},
    {"constant_execute", constant_execute, PF, USER | FETCH | PRESENT, (uint64_t)constant},
    {"data_execute", data_execute, PF, USER | FETCH | PRESENT, (uint64_t)data},
    {"stack_execute", stack_execute, PF, USER | FETCH | PRESENT, USER_END - 0x1000},
    {"stack_overflow", stack_overflow, PF, USER | WRITE, STACK_GUARD},
};
#undef X

int main(int argc, char **argv) { return rows_main(argc, argv, rows, ROW_COUNT(rows)); }
