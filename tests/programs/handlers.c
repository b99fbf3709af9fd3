/*
 * Programs that take their own exceptions: each of the five that are given to them, and every register comes back through
 * the handler. What a handler must not do ends the program: fault, or have a stack that cannot be written. A frame to resume
 * from cannot ask for what is the kernel's.
 */
#include "registers.h"
#include "rows.h"

#define DE 0
#define DB 1
#define BP 3
#define UD 6
#define GP 13
#define PF 14

#define WRITE_BY_USER     6
#define READ_BY_USER      4
#define FETCH_BY_USER     0x14
#define FETCH_FROM_A_PAGE 0x15

#define RFLAGS_FIXED 0x2UL
#define RFLAGS_TF    0x100UL
#define RFLAGS_IF    0x200UL
#define RFLAGS_DF    0x400UL
#define RFLAGS_NT    0x4000UL
#define RFLAGS_AC    0x40000UL
#define RFLAGS_ID    0x200000UL
#define RFLAGS_KEPT  (0x8d5UL | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID)

#define PAGE_BYTES 4096
#define NOTHING    0x20000000UL
#define USER_END   0x00007ffffffff000UL
#define USER_CODE  0x2b
#define USER_DATA  0x23

static char stack[8192] __attribute__((aligned(16)));
#define STACK_END (stack + sizeof(stack))

static volatile int count;
static struct fl_fault seen;

REGISTERS_AROUND(undefined, ".globl undefined_ud2\nundefined_ud2: ud2");
extern const char undefined_ud2[];

static void require(bool well)
{
    if (!well)
        fl_exit(1);
}

/* Goes on behind the instruction, which is `skip` bytes long. */
static uint64_t skip;

static void skip_handler(struct fl_fault *fault)
{
    require((uint64_t)fault % 16 == 0 && (uint64_t)__builtin_frame_address(0) % 16 == 0);
    seen = *fault;
    count++;
    fault->rip += skip;
    fl_resume(fault);
    fl_exit(1); /* resume() returned */
}

static void handle(uint64_t bytes)
{
    skip = bytes;
    require(fl_on_fault(skip_handler, STACK_END) == 0);
}

static void map_handler(struct fl_fault *fault)
{
    seen = *fault;
    count++;
    require(fl_map((void *)(fault->address & ~PAGE_MASK), PAGE_BYTES, FL_MAP_WRITE) == 0);
    fl_resume(fault);
}

static void own_page(void)
{
    volatile uint64_t *page = (volatile uint64_t *)NOTHING;

    require(fl_on_fault(map_handler, STACK_END) == 0);
    page[1] = 5;
    require(page[1] == 5 && page[0] == 0 && count == 1);
    require(seen.vector == PF && seen.error == WRITE_BY_USER && seen.address == NOTHING + 8);
    for (int i = 1; i <= 100; i++)
        page[512 * i] = (uint64_t)i;
    require(count == 101);
}

static void own_divide(void)
{
    handle(2);
    __asm__ volatile("xor %%ecx, %%ecx; div %%ecx" : : : "rax", "rcx", "rdx");
    require(count == 1 && seen.vector == DE && seen.error == 0 && seen.address == 0);
}

/* RIP is behind it: a trap (SDM vol. 3A, 6.15). */
static void own_breakpoint(void)
{
    handle(0);
    __asm__ volatile("int3");
    require(count == 1 && seen.vector == BP && seen.error == 0 && seen.address == 0);
}

static void own_privilege(void)
{
    handle(1);
    __asm__ volatile("hlt");
    require(count == 1 && seen.vector == GP && seen.error == 0 && seen.address == 0);
    handle(2);
    __asm__ volatile("int $0x21");
    require(count == 2 && seen.vector == GP && seen.error == 0x21 * 8 + 2);
}

static void registers_come_back(void)
{
    handle(2);
    for (uint64_t round = 0; round < 100; round++) {
        registers_fill(round);
        undefined();
        for (int i = RAX; i <= R15; i++)
            require(registers_out[i] == registers_in[i]);
        require(seen.vector == UD && seen.rip == (uint64_t)undefined_ud2);
        require(seen.rax == registers_in[RAX] && seen.rcx == registers_in[RCX] &&
                seen.r11 == registers_in[R11] && seen.r15 == registers_in[R15]);
    }
    require(count == 100);
}

/* #DB is not among those that are given to a program. */
static void step(void)
{
    handle(0);
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop" : : : "memory", "cc");
}

/* ---- handlers that end the program ---- */

static void read_null(void) { __asm__ volatile("mov 8, %%al" : : : "rax"); }

static void bad_handler(struct fl_fault *fault)
{
    (void)fault;
    __asm__ volatile("movb $1, (%0)" : : "r"(NOTHING) : "memory");
}

static void fault_in_handler(void)
{
    fl_on_fault(bad_handler, STACK_END);
    read_null();
}

static void fault_with_stack(uint64_t end)
{
    require(fl_call(FL_CALL_ON_FAULT, (uint64_t)skip_handler, end, 0) == 0);
    read_null();
}
static void stack_null(void) { fault_with_stack(0); }
static void stack_low(void) { fault_with_stack(100); }
static void stack_in_page_0(void) { fault_with_stack(PAGE_BYTES); }
static void stack_nowhere(void) { fault_with_stack(NOTHING); }
static void stack_in_text(void) { fault_with_stack((uint64_t)read_null); }

/* The frame fits, the return address below it does not. */
static void stack_begins_late(void)
{
    require(fl_map((void *)NOTHING, PAGE_BYTES, FL_MAP_WRITE) == 0);
    fault_with_stack(NOTHING + sizeof(struct fl_fault));
}

static void handler_nowhere(void)
{
    fl_call(FL_CALL_ON_FAULT, NOTHING, (uint64_t)STACK_END, 0);
    read_null();
}

static void handler_taken_back(void)
{
    handle(0);
    fl_on_fault(NULL, NULL);
    read_null();
}

/* ---- frames to resume from ---- */

/*
 * void resume_with(struct fl_fault *frame): goes on at resumed, unless the frame says otherwise, and returns from there with
 * the flags and selectors that the program has then.
 */
static volatile uint64_t resumed_rsp __attribute__((used)), resumed_flags __attribute__((used));
static volatile uint16_t resumed_cs __attribute__((used)), resumed_ss __attribute__((used));
__asm__(".text\n"
        "resume_with:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, resumed_rsp\n"
        "mov $14, %eax\n" /* FL_CALL_RESUME */
        "syscall\n"
        "jmp 1f\n"
        "ret\n" /* return_from_hole() */
        "resumed:\n"
        "mov %rsp, %rcx\n"
        "mov resumed_rsp, %rsp\n"
        "pushfq\n"
        "pop resumed_flags\n"
        "push $0x202\n"
        "popfq\n"
        "mov %cs, resumed_cs\n"
        "mov %ss, resumed_ss\n"
        "mov %rcx, %rax\n"
        "1: pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n");
int64_t resume_with(struct fl_fault *frame);
extern const char resumed[];
_Static_assert(FL_CALL_RESUME == 14, "resume_with");

static void rip_is_refused(void)
{
    struct fl_fault frame = {.rsp = (uint64_t)STACK_END, .rflags = RFLAGS_IF};

    for (unsigned bit = 47; bit < 64; bit++) {
        frame.rip = 1UL << bit;
        require(resume_with(&frame) == FL_BAD_ADDRESS);
        frame.rip = UINT64_MAX << bit;
        require(resume_with(&frame) == FL_BAD_ADDRESS);
    }
    frame.rip = USER_END;
    require(resume_with(&frame) == FL_BAD_ADDRESS);
}

/* All that the frame can ask for, and what becomes of it. RSP may be anything: nothing is pushed there. */
static void flags_are_masked(void)
{
    struct fl_fault frame = {.rip = (uint64_t)resumed, .rsp = 0xffffffff80000000};

    for (unsigned bit = 0; bit < 64; bit++) {
        frame.rflags = (1UL << bit) & ~RFLAGS_TF;
        require((uint64_t)resume_with(&frame) == frame.rsp);
        require(resumed_flags == ((frame.rflags & RFLAGS_KEPT) | RFLAGS_FIXED | RFLAGS_IF));
        require(resumed_cs == USER_CODE && resumed_ss == USER_DATA);
    }
    frame.rflags = ~RFLAGS_TF;
    frame.reserved = frame.vector = frame.error = UINT64_MAX;
    require((uint64_t)resume_with(&frame) == frame.rsp);
    require(resumed_flags == (RFLAGS_KEPT | RFLAGS_FIXED | RFLAGS_IF));
    require(resumed_cs == USER_CODE && resumed_ss == USER_DATA);
}

static void resume_stepping(void)
{
    struct fl_fault frame = {
        .rip = (uint64_t)resumed, .rsp = (uint64_t)STACK_END, .rflags = RFLAGS_TF | RFLAGS_NT};

    resume_with(&frame);
}

static void resume_at(uint64_t rip)
{
    struct fl_fault frame = {.rip = rip, .rsp = 0x0000800000000000};

    resume_with(&frame);
}
static void resume_null(void) { resume_at(0); }
static void resume_last_byte(void) { resume_at(USER_END - 1); }

/* The stack pointer that it goes on with is no address: what uses it next is the program's own exception (#SS on Intel CPUs). */
static void return_from_hole(void) { resume_at((uint64_t)resumed - 1); }

static const struct row rows[] = {
    {"own_page", own_page, SURVIVES, 0, 0},
    {"own_divide", own_divide, SURVIVES, 0, 0},
    {"own_breakpoint", own_breakpoint, SURVIVES, 0, 0},
    {"own_privilege", own_privilege, SURVIVES, 0, 0},
    {"registers_come_back", registers_come_back, SURVIVES, 0, 0},
    {"step", step, DB, 0, 0},
    {"fault_in_handler", fault_in_handler, PF, WRITE_BY_USER, NOTHING},
    {"stack_null", stack_null, PF, READ_BY_USER, 8},
    {"stack_low", stack_low, PF, READ_BY_USER, 8},
    {"stack_in_page_0", stack_in_page_0, PF, READ_BY_USER, 8},
    {"stack_nowhere", stack_nowhere, PF, READ_BY_USER, 8},
    {"stack_in_text", stack_in_text, PF, READ_BY_USER, 8},
    {"stack_begins_late", stack_begins_late, PF, READ_BY_USER, 8},
    {"handler_nowhere", handler_nowhere, PF, FETCH_BY_USER, NOTHING},
    {"handler_taken_back", handler_taken_back, PF, READ_BY_USER, 8},
    {"rip_is_refused", rip_is_refused, SURVIVES, 0, 0},
    {"flags_are_masked", flags_are_masked, SURVIVES, 0, 0},
    {"resume_stepping", resume_stepping, DB, 0, 0},
    {"resume_null", resume_null, PF, FETCH_BY_USER, 0},
    {"resume_last_byte", resume_last_byte, PF, FETCH_FROM_A_PAGE, USER_END - 1},
    {"return_from_hole", return_from_hole, GP, 0, 0},
};

int main(int argc, char **argv) { return rows_main(argc, argv, rows, ROW_COUNT(rows)); }
