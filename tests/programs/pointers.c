/*
 * Addresses that a program may not use, in every call that takes one: the call says so, and has neither read nor written any
 * of it. And memory that it may ask for, in ways that it may not.
 */
#include "text.h"

#define PAGE_BYTES    4096
#define AREA          0x20000000UL /* two pages, and nothing before or behind */
#define AREA_END      (AREA + 2 * PAGE_BYTES)
#define TEXT          0x400000UL
#define USER_END      0x00007ffffffff000UL
#define STACK_START   (USER_END - FL_STACK_BYTES)
#define STACK_GUARD   (STACK_START - PAGE_BYTES)
#define PATTERN       0x5a
#define NO_SUCH_CHILD 1000000
#define COUNT(array)  (sizeof(array) / sizeof(*(array)))
#define END_BYTES     sizeof(struct fl_end)

static const uint64_t constant[512] __attribute__((aligned(4096))) = {0x1234};
static int failed;

/* Nobody may read there; END_BYTES from each on at least one byte is not the program's. */
static const uint64_t unreadable[] = {
    0,
    8,
    AREA - PAGE_BYTES,
    AREA - 1,
    AREA_END - 1,
    AREA_END - END_BYTES + 1,
    AREA_END,
    STACK_GUARD,
    STACK_START - 1,
    USER_END - 1,
    USER_END - END_BYTES + 1,
    USER_END,
    0x00007fffffffffff,
    0x0000800000000000,
    0xffff7ffffffffff8,
    0xffff800000000000,
    0xffff800000100000,
    0xffffc00000000000,
    0xffffe00000000000,
    0xffffffff80000000,
    UINT64_MAX - END_BYTES,
    UINT64_MAX - END_BYTES + 1,
    UINT64_MAX - 7,
    UINT64_MAX,
};

static void expect(const char *what, uint64_t argument, int64_t result, int64_t expected)
{
    struct line line = {.length = 0};

    if (result == expected)
        return;
    failed++;
    line_add(&line, "FAILED: ");
    line_add(&line, what);
    line_add(&line, " of ");
    line_add_number(&line, argument, 16);
    line_add(&line, " gave ");
    line_add_number(&line, (uint64_t)result, 16);
    line_say(&line);
}

/* Of the pages of the program's own, whose every byte is the pattern. */
static bool is_untouched(void)
{
    for (uint64_t at = AREA; at < AREA_END; at++)
        if (*(volatile uint8_t *)at != PATTERN)
            return false;
    return true;
}

static void fill_area(void)
{
    for (uint64_t at = AREA; at < AREA_END; at++)
        *(volatile uint8_t *)at = PATTERN;
}

static int64_t wait_at(int64_t id, uint64_t end)
{
    return fl_call(FL_CALL_WAIT, (uint64_t)id, end, 0);
}
static int64_t resume_at(uint64_t frame) { return fl_call(FL_CALL_RESUME, frame, 0, 0); }

static void check_reading(void)
{
    for (size_t i = 0; i < COUNT(unreadable); i++) {
        uint64_t bad = unreadable[i];

        expect("log_write", bad, fl_log_write((const char *)bad, END_BYTES), FL_BAD_ADDRESS);
        expect("spawn", bad, fl_spawn((const char *)bad, END_BYTES, FL_ANY_CPU), FL_BAD_ADDRESS);
        expect("resume", bad, resume_at(bad), FL_BAD_ADDRESS);
    }
    expect("a frame's first part alone", AREA_END,
           resume_at(AREA_END - sizeof(struct fl_fault) + 8), FL_BAD_ADDRESS);
}

static void check_lengths(void)
{
    static const uint64_t lengths[] = {FL_LOG_MAX + 1, INT64_MAX, (uint64_t)INT64_MAX + 1,
                                       UINT64_MAX};

    for (size_t i = 0; i < COUNT(lengths); i++) {
        expect("log_write's length", lengths[i], fl_log_write((const char *)AREA, lengths[i]),
               FL_BAD_ARGUMENT);
        expect("spawn's length", lengths[i], fl_spawn((const char *)AREA, lengths[i], FL_ANY_CPU),
               FL_BAD_ARGUMENT);
    }
    expect("log_write of nothing", AREA, fl_log_write((const char *)AREA, 0), 0);
    expect("log_write of nothing", UINT64_MAX, fl_log_write((const char *)UINT64_MAX, 0),
           FL_BAD_ADDRESS);
    expect("spawn of nothing", AREA, fl_spawn((const char *)AREA, 0, FL_ANY_CPU), FL_BAD_ARGUMENT);
    expect("spawn's CPU", 300, fl_spawn("pointers:end", 12, 300), FL_BAD_ARGUMENT);
    expect("spawn's CPU", 1L << 32, fl_spawn("pointers:end", 12, 1L << 32), FL_BAD_ARGUMENT);
}

/* What is not told to the parent is kept, and nothing of what cannot be written as a whole is written. */
static void check_writing(void)
{
    struct fl_end end;
    int64_t child = fl_spawn("pointers:end", 12, FL_ANY_CPU);

    for (size_t i = 0; i < COUNT(unreadable); i++) {
        expect("wait", unreadable[i], wait_at(child, unreadable[i]), FL_BAD_ADDRESS);
        expect("wait's partial write", unreadable[i], is_untouched(), true);
    }
    expect("wait to text", TEXT, wait_at(child, TEXT), FL_BAD_ADDRESS);
    expect("wait to constants", 0, wait_at(0, (uint64_t)constant), FL_BAD_ADDRESS);
    expect("wait for nobody", NO_SUCH_CHILD, wait_at(NO_SUCH_CHILD, (uint64_t)&end), FL_NOT_FOUND);
    expect("wait for a negative", 0, wait_at(-1, (uint64_t)&end), FL_NOT_FOUND);
    expect("wait at last", (uint64_t)child, fl_wait(child, &end), child);
    expect("the child's code", 0, end.reason == FL_END_EXIT ? end.code : -1, 7);
    expect("a second wait", (uint64_t)child, fl_wait(child, &end), FL_NOT_FOUND);
    expect("kill", 0, fl_kill(0), FL_NOT_FOUND);
    expect("kill itself", 0, fl_kill(fl_process_id()), FL_NOT_FOUND);
}

static void check_addresses(void)
{
    static const uint64_t beyond[] = {USER_END, 0x0000800000000000, 0xffff800000000000,
                                      0xffffffff80000000, UINT64_MAX};

    for (size_t i = 0; i < COUNT(beyond); i++) {
        uint64_t bad = beyond[i];

        expect("on_fault", bad, fl_call(FL_CALL_ON_FAULT, bad, AREA_END, 0), FL_BAD_ADDRESS);
        expect("on_fault's stack", bad, fl_call(FL_CALL_ON_FAULT, TEXT, bad | 1, 0),
               FL_BAD_ADDRESS);
        expect("set_bases' fs", bad, fl_call(FL_CALL_SET_BASES, bad, 0, 0), FL_BAD_ADDRESS);
        expect("set_bases' gs", bad, fl_call(FL_CALL_SET_BASES, 0, bad, 0), FL_BAD_ADDRESS);
    }
    fl_on_fault(0, 0);
    expect("run_on", 300, fl_run_on(300), FL_NOT_FOUND);
    expect("run_on", 1L << 32, fl_run_on(1L << 32), FL_NOT_FOUND);
    expect("run_on", (uint64_t)-2, fl_run_on(-2), FL_NOT_FOUND);
}

/* Ranges that no call about memory takes. */
static void check_ranges(void)
{
    static const struct {
        uint64_t address, bytes;
    } bad[] = {
        {0, PAGE_BYTES},
        {0, UINT64_MAX},
        {0, 0},
        {AREA, 0},
        {AREA, 1},
        {AREA + 1, PAGE_BYTES},
        {AREA, UINT64_MAX},
        {AREA, UINT64_MAX - PAGE_BYTES + 1},
        {AREA, (uint64_t)0 - AREA},
        {PAGE_BYTES, USER_END},
        {PAGE_BYTES, USER_END - PAGE_BYTES},
        {STACK_GUARD, PAGE_BYTES},
        {STACK_GUARD - PAGE_BYTES, 2 * PAGE_BYTES},
        {USER_END - PAGE_BYTES, 2 * PAGE_BYTES},
        {USER_END, PAGE_BYTES},
        {0x0000800000000000, PAGE_BYTES},
        {0xffff800000000000, PAGE_BYTES},
        {0xffffffff80000000, PAGE_BYTES},
        {UINT64_MAX - PAGE_BYTES + 1, PAGE_BYTES},
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        void *address = (void *)bad[i].address;

        expect("map", bad[i].address, fl_map(address, bad[i].bytes, FL_MAP_WRITE), FL_BAD_ARGUMENT);
        expect("unmap", bad[i].address, fl_unmap(address, bad[i].bytes), FL_BAD_ARGUMENT);
        expect("protect", bad[i].address, fl_protect(address, bad[i].bytes, 0), FL_BAD_ARGUMENT);
    }
}

/* Nothing becomes writable and executable, whichever way; what instances share stays as it is. */
static void check_rights(void)
{
    void *area = (void *)AREA, *text = (void *)TEXT, *below = (void *)(AREA - PAGE_BYTES);
    const unsigned both = FL_MAP_WRITE | FL_MAP_EXECUTE;

    expect("map", AREA, fl_map(area, PAGE_BYTES, 0), FL_ALREADY_MAPPED);
    expect("map over a part", AREA, fl_map(below, 2 * PAGE_BYTES, 0), FL_ALREADY_MAPPED);
    expect("map W+X", AREA, fl_map(below, PAGE_BYTES, both), FL_NOT_ALLOWED);
    expect("map with another right", AREA, fl_map(below, PAGE_BYTES, 4), FL_BAD_ARGUMENT);
    expect("map with another right", AREA,
           fl_call(FL_CALL_MAP, AREA - PAGE_BYTES, PAGE_BYTES, 1UL << 32), FL_BAD_ARGUMENT);
    expect("protect W+X", AREA, fl_protect(area, PAGE_BYTES, both), FL_NOT_ALLOWED);
    expect("protect with another right", AREA, fl_protect(area, PAGE_BYTES, 8), FL_BAD_ARGUMENT);
    expect("protect a hole too", AREA, fl_protect(area, 3 * PAGE_BYTES, 0), FL_NOT_FOUND);
    expect("protect text", TEXT, fl_protect(text, PAGE_BYTES, FL_MAP_WRITE), FL_NOT_ALLOWED);
    expect("protect constants", 0,
           fl_protect((void *)(uintptr_t)constant, PAGE_BYTES, FL_MAP_WRITE), FL_NOT_ALLOWED);
    expect("unmap of nothing", 0, fl_unmap(below, PAGE_BYTES), 0);
}

static volatile bool refused;
static char handler_stack[4096] __attribute__((aligned(16)));

static void note_refusal(struct fl_fault *fault)
{
    refused = true;
    fault->rip = fault->rax;
    fl_resume(fault);
}

/* Whether the access to its first byte raised an exception; RAX says where to go on. */
static bool is_refused(uint64_t address, bool execute)
{
    refused = false;
    fl_on_fault(note_refusal, handler_stack + sizeof(handler_stack));
    if (execute)
        __asm__ volatile("lea 1f(%%rip), %%rax; jmp *%0; 1:" : : "r"(address) : "rax", "memory");
    else
        __asm__ volatile("lea 1f(%%rip), %%rax; movb $0xc3, (%0); 1:"
                         :
                         : "r"(address)
                         : "rax", "memory");
    fl_on_fault(0, 0);
    return refused;
}

/* A page that was used keeps to its new rights as one does that was never there. */
static void check_changes(void)
{
    void *area = (void *)AREA;

    expect("writing", AREA, is_refused(AREA, false), false);
    expect("executing what is writable", AREA, is_refused(AREA, true), true);
    expect("protect", AREA, fl_protect(area, PAGE_BYTES, FL_MAP_EXECUTE), 0);
    expect("writing what is executable", AREA, is_refused(AREA, false), true);
    expect("wait to what is executable", AREA, wait_at(0, AREA), FL_BAD_ADDRESS);
    expect("protect", AREA, fl_protect(area, PAGE_BYTES, 0), 0);
    expect("writing what can be read", AREA, is_refused(AREA, false), true);
    expect("executing what can be read", AREA, is_refused(AREA, true), true);
    expect("unmap", AREA, fl_unmap(area, PAGE_BYTES), 0);
    expect("writing what is gone", AREA, is_refused(AREA, false), true);
    expect("map", AREA, fl_map(area, PAGE_BYTES, FL_MAP_EXECUTE), 0);
    expect("writing what is executable", AREA, is_refused(AREA, false), true);
}

/* A child that gives its text's neighbour back and has its own memory there, full of something else. */
static int replace_constants(void)
{
    volatile uint64_t *there = (volatile uint64_t *)(uintptr_t)constant;

    if (fl_unmap((void *)(uintptr_t)constant, PAGE_BYTES) != 0 ||
        fl_map((void *)(uintptr_t)constant, PAGE_BYTES, FL_MAP_WRITE) != 0 || there[0] != 0)
        return 1;
    for (size_t i = 0; i < COUNT(constant); i++)
        there[i] = UINT64_MAX;
    return 0;
}

static void check_sharing(void)
{
    struct fl_end end = {0};

    for (int i = 0; i < 3; i++) {
        expect("wait for the one that unmaps", 0,
               fl_wait(fl_spawn("pointers:unmap", 14, FL_ANY_CPU), &end) > 0, true);
        expect("its code", 0, end.reason == FL_END_EXIT ? end.code : -1, 0);
        expect("shared memory", 0, (int64_t) * (const volatile uint64_t *)constant, 0x1234);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return text_is(argv[1], "unmap") ? replace_constants() : 7;
    expect("map", AREA, fl_map((void *)AREA, AREA_END - AREA, FL_MAP_WRITE), 0);
    fill_area();
    check_reading();
    check_lengths();
    check_writing();
    check_addresses();
    check_ranges();
    check_rights();
    check_changes();
    check_sharing();
    say_number("calls that did not do as expected:", (uint64_t)failed, 10);
    return failed;
}
