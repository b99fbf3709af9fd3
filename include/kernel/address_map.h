/*
 * The kernel's view of the 64-bit address space, sorted by address; owners in brackets. Shared by C
 * and assembly. The same with 4-level and 5-level paging: everything lies in what both call the
 * upper half.
 *
 *   0000000000000000  page 0, never mapped
 *   0000000000001000  programs [user]; up to one page below the hole, so that no return address can
 *                     be non-canonical
 *   00007ffffffef000  the program's stack, 64 KiB, an unmapped page below it [user]
 *   00007ffffffff000  never mapped
 *   ffff800000000000  direct map of RAM, 64 TiB: never executable, RAM only; kernel text and rodata
 *                     are read-only here too [mm]
 *   ffffc00000000000  vmap area, 512 GiB: devices uncached, framebuffer write-combining, stacks with
 *                     guard pages [mm]
 *   ffffe00000000000  heap, 512 GiB [mm]
 *   ffffffff80000000  kernel image: text RX, rodata R, data RW, stacks with guard pages [kernel.lds]
 */
#ifndef KERNEL_ADDRESS_MAP_H
#define KERNEL_ADDRESS_MAP_H

#define USER_START 0x0000000000001000
#define USER_END   0x00007ffffffff000

/* The guard page lies below it. */
#define USER_STACK_START 0x00007ffffffef000

#define DIRECT_MAP_START 0xffff800000000000
#define DIRECT_MAP_BYTES 0x0000400000000000

#define VMAP_START 0xffffc00000000000
#define VMAP_BYTES 0x0000008000000000

#define HEAP_START 0xffffe00000000000
#define HEAP_BYTES 0x0000008000000000

#define KERNEL_IMAGE_START 0xffffffff80000000

#endif
