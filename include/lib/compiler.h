/* Names for what gcc and clang can promise or check, so that code reads as intent and not as
 * attributes. */
#ifndef LIB_COMPILER_H
#define LIB_COMPILER_H

#define NORETURN          __attribute__((noreturn))
#define NOINLINE          __attribute__((noinline))
#define PACKED            __attribute__((packed))
#define ALIGNED(bytes)    __attribute__((aligned(bytes)))
#define SECTION(name)     __attribute__((section(name)))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* A variable, zero at first, that is written while the kernel boots and never again: sealed at the
 * boot's end (arch_mmu_seal()). */
#define READ_ONLY_AFTER_INIT SECTION(".bss.after_init")

/* 1 in checked builds, for what is decided by `if`. */
#ifdef CHECKED
#define CHECKED_BUILD 1
#else
#define CHECKED_BUILD 0
#endif

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Orders the compiler's memory accesses only; x86 keeps stores in order with stores and loads with
 * loads. */
#define compiler_barrier() __asm__ volatile("" ::: "memory")

#endif
