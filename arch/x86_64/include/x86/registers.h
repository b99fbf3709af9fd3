/* Control and model-specific registers: the register, then its bits by name. Source: Intel SDM vol.
 * 3A, 2.5; vol. 4. */
#ifndef X86_REGISTERS_H
#define X86_REGISTERS_H

#include <stdint.h>

#include "lib/bits.h"

#define CR0_PE BIT(0)
#define CR0_MP BIT(1)
#define CR0_EM BIT(2)
#define CR0_TS BIT(3)
#define CR0_ET BIT(4)
#define CR0_NE BIT(5)
#define CR0_WP BIT(16)
#define CR0_AM BIT(18)
#define CR0_CD BIT(30)
#define CR0_PG BIT(31)

#define CR4_DE         BIT(3)
#define CR4_PAE        BIT(5)
#define CR4_MCE        BIT(6)
#define CR4_PGE        BIT(7)
#define CR4_OSFXSR     BIT(9)
#define CR4_OSXMMEXCPT BIT(10)
#define CR4_UMIP       BIT(11)
#define CR4_LA57       BIT(12)
#define CR4_OSXSAVE    BIT(18)
#define CR4_SMEP       BIT(20)
#define CR4_SMAP       BIT(21)
#define CR4_CET        BIT(23)

#define MSR_APIC_BASE                          0x01b
#define APIC_BASE_X2APIC                       BIT(10)
#define APIC_BASE_ENABLE                       BIT(11)
#define APIC_BASE_ADDRESS                      BIT_RANGE(51, 12)
#define MSR_BIOS_SIGN_ID                       0x08b /* microcode revision */
#define MSR_XAPIC_DISABLE_STATUS               0x0bd
#define XAPIC_DISABLE_STATUS_DISABLED          BIT(0)
#define MSR_MTRR_CAP                           0x0fe
#define MTRR_CAP_VARIABLE                      BIT_RANGE(7, 0) /* how many ranges */
#define MTRR_CAP_FIXED                         BIT(8)
#define MTRR_CAP_SMRR                          BIT(11)
#define MSR_ARCH_CAPABILITIES                  0x10a
#define ARCH_CAPABILITIES_XAPIC_DISABLE_STATUS BIT(21)
#define MSR_SYSENTER_CS                        0x174
#define MSR_MCG_CAP                            0x179
#define MSR_MCG_STATUS                         0x17a
#define MSR_MISC_ENABLE                        0x1a0
#define MISC_ENABLE_XD_DISABLE                 BIT(34)
#define MSR_SMRR_MASK                          0x1f3
#define SMRR_MASK_VALID                        BIT(11)
#define MSR_MTRR_BASE_0                        0x200 /* base and mask of the first range, then of the next */
#define MTRR_MASK_VALID                        BIT(11)
#define MSR_MTRR_FIXED_64K                     0x250
#define MSR_MTRR_FIXED_16K                     0x258 /* 2 */
#define MSR_MTRR_FIXED_4K                      0x268 /* 8 */
#define MSR_PAT                                0x277
#define MSR_MTRR_DEF_TYPE                      0x2ff
#define MTRR_DEF_TYPE_ENABLE                   BIT(11)
#define MSR_TSC_DEADLINE                       0x6e0
#define MSR_X2APIC_FIRST                       0x800
#define MSR_EFER                               0xc0000080
#define EFER_SCE                               BIT(0)
#define EFER_LME                               BIT(8)
#define EFER_LMA                               BIT(10)
#define EFER_NXE                               BIT(11)
#define MSR_STAR                               0xc0000081
#define MSR_LSTAR                              0xc0000082
#define MSR_CSTAR                              0xc0000083
#define MSR_SYSCALL_MASK                       0xc0000084
#define MSR_FS_BASE                            0xc0000100
#define MSR_GS_BASE                            0xc0000101
#define MSR_KERNEL_GS_BASE                     0xc0000102

#define MSR_AMD_HWCR      0xc0010015
#define AMD_HWCR_SMM_LOCK BIT(0)

#define XCR0_X87 BIT(0)
#define XCR0_SSE BIT(1)
#define XCR0_AVX BIT(2)

/* Debug registers (SDM vol. 3B, 17.2). */
#define DR6_INIT      0xffff0ff0 /* its fixed ones, and BLD and RTM inverted: nothing happened */
#define DR7_INIT      0x400
#define DR7_LOCAL_0   BIT(0)
#define DR7_WRITE_0   BIT(16) /* break on data writes */
#define DR7_8_BYTES_0 BIT(19)

#define RFLAGS_FIXED  BIT(1)                                                 /* always 1 */
#define RFLAGS_STATUS (BIT(0) | BIT(2) | BIT(4) | BIT(6) | BIT(7) | BIT(11)) /* CF PF AF ZF SF OF */
#define RFLAGS_TF     BIT(8)
#define RFLAGS_IF     BIT(9)
#define RFLAGS_DF     BIT(10)
#define RFLAGS_IOPL   BIT_RANGE(13, 12)
#define RFLAGS_NT     BIT(14)
#define RFLAGS_RF     BIT(16)
#define RFLAGS_AC     BIT(18)
#define RFLAGS_ID     BIT(21)

#define X86_READ_DR(number)                                                                        \
    static inline uint64_t x86_read_dr##number(void)                                               \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("mov %%dr" #number ", %0" : "=r"(value));                                 \
        return value;                                                                              \
    }                                                                                              \
    static inline void x86_write_dr##number(uint64_t value)                                        \
    {                                                                                              \
        __asm__ volatile("mov %0, %%dr" #number : : "r"(value));                                   \
    }

X86_READ_DR(0)
X86_READ_DR(1)
X86_READ_DR(2)
X86_READ_DR(3)
X86_READ_DR(6)
X86_READ_DR(7)
#undef X86_READ_DR

#define X86_READ_CR(number)                                                                        \
    static inline uint64_t x86_read_cr##number(void)                                               \
    {                                                                                              \
        uint64_t value;                                                                            \
        __asm__ volatile("mov %%cr" #number ", %0" : "=r"(value));                                 \
        return value;                                                                              \
    }                                                                                              \
    static inline void x86_write_cr##number(uint64_t value)                                        \
    {                                                                                              \
        __asm__ volatile("mov %0, %%cr" #number : : "r"(value) : "memory");                        \
    }

X86_READ_CR(0)
X86_READ_CR(2)
X86_READ_CR(3)
X86_READ_CR(4)
#undef X86_READ_CR

static inline uint64_t x86_read_msr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}

static inline void x86_write_msr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr"
                     :
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline uint64_t x86_read_xcr0(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static inline void x86_write_xcr0(uint64_t value)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

#endif
