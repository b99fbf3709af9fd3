/*
 * Instructions that ring 3 may not execute: those of the kernel, I/O (IOPL 0 and no I/O bitmap), what UMIP hides, and
 * the bases of FS and GS while CR4.FSGSBASE is off. Each raises #GP or #UD before it has done anything (SDM vol. 2).
 */
#include "rows.h"

#define UD 6
#define GP 13

#define KERNEL_CODE "0x08"
#define KERNEL_DATA "0x10"
#define TASK_STATE  "0x30"

/* clang-format off */
#define ROWS(X) \
    X(cli,           GP, 0,    "cli") \
    X(sti,           GP, 0,    "sti") \
    X(hlt,           GP, 0,    "hlt") \
    X(swapgs,        GP, 0,    "swapgs") \
    X(sysret,        GP, 0,    "sysretq") \
    X(wrmsr,         GP, 0,    "mov $0xc0000082, %%ecx; wrmsr") \
    X(rdmsr,         GP, 0,    "mov $0xc0000080, %%ecx; rdmsr") \
    X(rdpmc,         GP, 0,    "xor %%ecx, %%ecx; rdpmc") \
    X(xsetbv,        GP, 0,    "xor %%ecx, %%ecx; mov $3, %%eax; xor %%edx, %%edx; xsetbv") \
    X(read_cr0,      GP, 0,    "mov %%cr0, %%rax") \
    X(write_cr0,     GP, 0,    "mov %%rax, %%cr0") \
    X(read_cr2,      GP, 0,    "mov %%cr2, %%rax") \
    X(write_cr3,     GP, 0,    "mov %%rax, %%cr3") \
    X(write_cr4,     GP, 0,    "mov %%rax, %%cr4") \
    X(write_cr8,     GP, 0,    "mov %%rax, %%cr8") \
    X(read_dr7,      GP, 0,    "mov %%dr7, %%rax") \
    X(write_dr0,     GP, 0,    "mov %%rax, %%dr0") \
    X(clts,          GP, 0,    "clts") \
    X(lmsw,          GP, 0,    "lmsw %%ax") \
    X(lgdt,          GP, 0,    "lgdt -256(%%rsp)") \
    X(lidt,          GP, 0,    "lidt -256(%%rsp)") \
    X(lldt,          GP, 0,    "xor %%eax, %%eax; lldt %%ax") \
    X(ltr,           GP, 0,    "mov $" TASK_STATE ", %%eax; ltr %%ax") \
    X(invlpg,        GP, 0,    "invlpg (%%rsp)") \
    X(load_ds,       GP, 0x10, "mov $" KERNEL_DATA ", %%eax; mov %%eax, %%ds") \
    X(load_es,       GP, 0x10, "mov $" KERNEL_DATA ", %%eax; mov %%eax, %%es") \
    X(load_fs,       GP, 0x10, "mov $" KERNEL_DATA ", %%eax; mov %%eax, %%fs") \
    X(load_gs,       GP, 0x08, "mov $" KERNEL_CODE ", %%eax; mov %%eax, %%gs") \
    X(load_ss,       GP, 0x10, "mov $" KERNEL_DATA ", %%eax; mov %%eax, %%ss") \
    X(load_task,     GP, 0x30, "mov $" TASK_STATE ", %%eax; mov %%eax, %%ds") \
    X(in_byte,       GP, 0,    "in $0x60, %%al") \
    X(in_long,       GP, 0,    "mov $0xcfc, %%edx; in %%dx, %%eax") \
    X(out_byte,      GP, 0,    "mov $0x11, %%al; out %%al, $0xf4") \
    X(in_string,     GP, 0,    "mov $0x3f8, %%edx; mov %%rsp, %%rdi; insb") \
    X(out_string,    GP, 0,    "mov $0x3f8, %%edx; mov %%rsp, %%rsi; outsb") \
    X(sgdt,          GP, 0,    "sgdt -256(%%rsp)") \
    X(sidt,          GP, 0,    "sidt -256(%%rsp)") \
    X(sldt,          GP, 0,    "sldt %%ax") \
    X(str,           GP, 0,    "str %%ax") \
    X(smsw,          GP, 0,    "smsw %%ax") \
    X(rdfsbase,      UD, 0,    "rdfsbase %%rax") \
    X(rdgsbase,      UD, 0,    "rdgsbase %%rax") \
    X(wrfsbase,      UD, 0,    "mov $0xffffffff80000000, %%rax; wrfsbase %%rax") \
    X(wrgsbase,      UD, 0,    "mov $0xffffffff80000000, %%rax; wrgsbase %%rax")

#define X(name, vector, error, code) \
    static void name(void) { __asm__ volatile(code : : : "rax", "rcx", "rdx", "rsi", "rdi", "memory"); }
ROWS(X)
#undef X

#define X(name, vector, error, code) {#name, name, vector, error, 0},
static const struct row rows[] = {ROWS(X)};
#undef X
/* clang-format on */

int main(int argc, char **argv) { return rows_main(argc, argv, rows, ROW_COUNT(rows)); }
