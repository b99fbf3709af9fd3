/* See kernel/audit.h. */
#include "kernel/audit.h"

#include "arch/cpu.h"
#include "arch/mmu.h"
#include "kernel/cpu_call.h"
#include "kernel/log.h"
#include "kernel/time/clock.h"
#include "lib/format.h"

static const char *const findings[MMU_RULE_COUNT] = {
    [MMU_WRITABLE_AND_EXECUTABLE] = "frames writable and executable",
    [MMU_EXECUTABLE_ELSEWHERE] = "pages executable that are not kernel text",
    [MMU_WRITABLE_CONSTANTS] = "frames of text or constants writable",
    [MMU_WRITABLE_AFTER_INIT] = "frames writable that were sealed after the boot",
    [MMU_USER_IN_KERNEL_HALF] = "user pages in the kernel's half",
    [MMU_MAPPED_IN_USER_HALF] = "pages in the user half",
    [MMU_MAPPED_GUARDS] = "guard pages mapped",
    [MMU_DIRECT_MAP_STRAYS] = "pages of the direct map without their RAM",
    [MMU_TOP_ENTRIES] = "top entries of the kernel's half changed",
};

/* "3 guard pages mapped, 1 ...": what is broken; the length is 0 when nothing is. */
static size_t list_broken(const struct mmu_audit *audit, char *text, size_t size)
{
    size_t length = 0;

    for (enum mmu_rule rule = 0; rule < MMU_RULE_COUNT; rule++)
        if (audit->broken[rule] > 0)
            length += format(text + length, size - length, "%s%lu %s", length ? ", " : "",
                             audit->broken[rule], findings[rule]);
    return length;
}

static void verify_cpu(void *well)
{
    if (!arch_cpu_verify())
        atomic_store((atomic_bool *)well, false);
}

bool audit_run(void)
{
    atomic_bool well = true;
    uint64_t began = clock_now_ns();
    struct mmu_audit audit;
    char broken[400];
    bool clean;

    arch_mmu_audit(&audit);
    clean = list_broken(&audit, broken, sizeof(broken)) == 0;
    if (!clean)
        log_error("audit: BROKEN: %s", broken);
    else if (audit.execution_can_be_denied)
        log_info("audit: clean: %lu KiB executable and nowhere writable, user half empty, all "
                 "stack guards unmapped",
                 audit.executable_bytes / KIB);
    else
        log_info("audit: user half empty, all stack guards unmapped; without NX all memory is "
                 "executable");
    log_debug("audit: %lu pages looked at in %lu us", audit.leaf_count,
              (clock_now_ns() - began) / 1000);
    cpu_run_on_all(verify_cpu, &well);
    return well && clean;
}
