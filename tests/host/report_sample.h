/* A report for tests: of each label a line, some continued, and a backtrace of more than six frames. */
#ifndef TESTS_REPORT_SAMPLE_H
#define TESTS_REPORT_SAMPLE_H

/* clang-format off */
static const char report_sample[] =
    "*** FAULT #PF page fault, CPU 0, kernel mode, report 1\n"
    "           (a console failed and is left out from here)\n"
    "cause      write to a null pointer: address 0000000000000000 is in the null page\n"
    "at         write_null+0x1e (kernel/fault/provoke_memory.c:21)\n"
    "error      0002: page not present, write, supervisor\n"
    "details    a detail\n"
    "           and one more\n"
    "operand    qword [rax]\n"
    "address    cr2 0000000000000000: PML4[0] not present\n"
    "           entries PML4 0\n"
    "stack      boot stack of CPU 0, 0x300 of 0x10000 bytes used\n"
    "changed    CR0.WP is off\n"
    "registers  rax 0000000000000001  rbx ffffffff80016a18\n"
    "           rip ffffffff80002f3a  cs 0008\n"
    "pointers   rbx entries+0x1b8\n"
    "code       04 25 28 <48> 89 bd\n"
    "backtrace  #0  write_null+0x1e (kernel/fault/provoke_memory.c:21)\n"
    "           #1  recurse+0x30 (kernel/fault/provoke_memory.c:86)\n"
    "               the same 406 more times\n"
    "           #408 overflow_stack+0xb (kernel/fault/provoke_memory.c:90)\n"
    "           --- #NMI interrupted (boot stack of CPU 0): ---\n"
    "           #409 provoke (kernel/fault/menu.c:39) (inlined)\n"
    "           #410 fault_menu_at_stage+0x1c4 (kernel/fault/menu.c:52)\n"
    "           #411 kernel_main+0x35d (kernel/main.c:147)\n"
    "           #412 kernel_entry+0x27 (arch/x86_64/start.S:28)\n"
    "               the same 2 more times\n"
    "memory     rsp+00  0000000000000000\n"
    "           rsp+20  0000000000000001\n"
    "other CPUs CPUs 1-3: idle\n"
    "           CPU 4: did not stop\n"
    "log        [    0.043708] [0] INFO  audit: clean\n"
    "           [    0.044375] [0] INFO  fault=write-null\n"
    "system     Faultline 0.1.0 (00e3a5e3ed5c), up 0.067828 s, 5 CPUs\n"
    "           options: exit=qemu fault=write-null\n"
    "novelty    of another version\n"
    "in short   #PF: write to a null pointer, in write_null+0x1e\n"
    "next       this machine has stopped\n"
    "*** END OF REPORT\n";
/* clang-format on */

#endif
