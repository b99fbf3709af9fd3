/* Code that was compiled for a program with a C library. */
#ifndef ARCH_LIBRARY_H
#define ARCH_LIBRARY_H

/*
 * Makes this CPU fit to run it: SSE is usable, and a stack protector finds a canary where it looks for one. What a program had in the
 * FPU is lost, and its FS base: for a machine that ends. Any context, also before arch_cpu_init_cpu().
 */
void arch_library_prepare(void);

#endif
