/*
 * SYSCALL in the last two bytes of the user half: it returns to the first address behind, which is canonical and never mapped,
 * so that what follows is the program's own page fault and none of the kernel's (CVE-2012-0217 was the other way).
 */
#include "text.h"

#define PF            14
#define FETCH_BY_USER 0x14
#define PAGE_BYTES    4096
#define USER_END      0x00007ffffffff000UL
#define LAST_PAGE     ((uint8_t *)(USER_END - PAGE_BYTES))

static char stack[8192] __attribute__((aligned(16)));
static char handler_stack[4096] __attribute__((aligned(16)));
static int64_t own_id;

static void handler(struct fl_fault *fault)
{
    fl_exit(fault->vector == PF && fault->error == FETCH_BY_USER && fault->rip == USER_END &&
                    fault->address == USER_END && (int64_t)fault->rax == own_id
                ? 0
                : 2);
}

/* The stack that the program was given is gone: it cannot return to main(). */
static void replace_last_page(void)
{
    int64_t failed = fl_unmap(LAST_PAGE, PAGE_BYTES) | fl_map(LAST_PAGE, PAGE_BYTES, FL_MAP_WRITE);

    if (failed)
        fl_exit(1);
    LAST_PAGE[PAGE_BYTES - 2] = 0x0f;
    LAST_PAGE[PAGE_BYTES - 1] = 0x05;
    if (fl_protect(LAST_PAGE, PAGE_BYTES, FL_MAP_EXECUTE) != 0 ||
        fl_map((void *)USER_END, PAGE_BYTES, FL_MAP_EXECUTE) != FL_BAD_ARGUMENT)
        fl_exit(1);
    own_id = fl_process_id();
    fl_on_fault(handler, handler_stack + sizeof(handler_stack));
    __asm__ volatile("jmp *%0" : : "r"(USER_END - 2), "a"(FL_CALL_PROCESS_ID) : "rcx", "r11");
    __builtin_unreachable();
}

int main(void)
{
    __asm__ volatile("mov %0, %%rsp; call *%1"
                     :
                     : "r"(stack + sizeof(stack)), "r"(replace_last_page)
                     : "memory");
    __builtin_unreachable();
}
