/*
 * The audit of the live page tables, by frame and not by address: a frame that one leaf makes
 * executable must not be writable through any other leaf. Two passes: first the executable frames,
 * then every writable leaf against them.
 */
#include "arch/mmu.h"

#include "kernel/stack.h"
#include "lib/align.h"
#include "lib/compiler.h"
#include "x86/cpuid.h"
#include "x86/paging.h"

#define EXECUTABLE_RANGES_MAX 32

struct auditor {
    struct mmu_audit *audit;
    struct {
        paddr_t start, end;
    } executable[EXECUTABLE_RANGES_MAX];
    unsigned count;
};

static bool collect(void *context, const struct page_leaf *leaf)
{
    struct auditor *auditor = context;
    struct mmu_audit *audit = auditor->audit;

    audit->leaf_count++;
    if ((int64_t)leaf->virt >= 0)
        audit->mapped_in_user_half++;
    else if (leaf->user)
        audit->user_in_kernel_half++;
    if (!leaf->executable || !audit->execution_can_be_denied)
        return true;
    audit->executable_bytes += leaf->bytes;
    if (auditor->count > 0 && auditor->executable[auditor->count - 1].end == leaf->phys) {
        auditor->executable[auditor->count - 1].end += leaf->bytes;
        return true;
    }
    if (auditor->count == EXECUTABLE_RANGES_MAX) {
        audit->writable_and_executable++; /* cannot be proven, so it counts as broken */
        return true;
    }
    auditor->executable[auditor->count].start = leaf->phys;
    auditor->executable[auditor->count++].end = leaf->phys + leaf->bytes;
    return true;
}

static bool compare(void *context, const struct page_leaf *leaf)
{
    struct auditor *auditor = context;

    if (!leaf->writable)
        return true;
    for (unsigned i = 0; i < auditor->count; i++) {
        paddr_t start = auditor->executable[i].start, end = auditor->executable[i].end;

        start = start > leaf->phys ? start : leaf->phys;
        end = end < leaf->phys + leaf->bytes ? end : leaf->phys + leaf->bytes;
        if (start < end)
            auditor->audit->writable_and_executable += (end - start) / PAGE_SIZE;
    }
    return true;
}

static void check_guards(struct mmu_audit *audit)
{
    const struct stack *stack;
    paddr_t phys;

    for (unsigned i = 0; (stack = stack_by_number(i)); i++)
        audit->mapped_guards +=
            arch_mmu_lookup(stack->low - 1, &phys) + arch_mmu_lookup(stack->high, &phys);
}

void arch_mmu_audit(struct mmu_audit *audit)
{
    struct auditor auditor = {.audit = audit};
    struct page_tables tables;

    *audit = (struct mmu_audit){.execution_can_be_denied = x86_has(X86_NX)};
    x86_live_tables(&tables);
    page_tables_visit(&tables, collect, &auditor);
    if (audit->execution_can_be_denied)
        page_tables_visit(&tables, compare, &auditor);
    check_guards(audit);
}
