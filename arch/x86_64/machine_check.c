/* Machine-check banks, read and told in words. Source: Intel SDM vol. 3B, 15.3 (registers), 15.9 (error codes). */
#include "x86/fault_state.h"

#include "lib/compiler.h"
#include "lib/format.h"
#include "x86/cpuid.h"
#include "x86/registers.h"

#define MC_BANK_STATUS(bank)  (0x401 + 4 * (bank))
#define MC_BANK_ADDRESS(bank) (0x402 + 4 * (bank))
#define MC_BANK_MISC(bank)    (0x403 + 4 * (bank))

#define STATUS_VALID           BIT(63)
#define STATUS_OVERFLOW        BIT(62)
#define STATUS_UNCORRECTED     BIT(61)
#define STATUS_MISC_VALID      BIT(59)
#define STATUS_ADDRESS_VALID   BIT(58)
#define STATUS_CONTEXT_CORRUPT BIT(57)
#define STATUS_FILTERED        BIT(12) /* in compound codes: corrected errors are filtered */

void machine_check_read(struct x86_fault_state *state)
{
    unsigned count;

    state->bank_count = 0;
    if (!x86_has(X86_MCA))
        return;
    state->mc_status = x86_read_msr(MSR_MCG_STATUS);
    count = x86_read_msr(MSR_MCG_CAP) & 0xff;
    for (unsigned i = 0; i < count && state->bank_count < MC_BANKS_MAX; i++) {
        struct mc_bank bank = {.number = i, .status = x86_read_msr(MC_BANK_STATUS(i))};

        if (!(bank.status & STATUS_VALID))
            continue;
        if (bank.status & STATUS_ADDRESS_VALID)
            bank.address = x86_read_msr(MC_BANK_ADDRESS(i));
        if (bank.status & STATUS_MISC_VALID)
            bank.misc = x86_read_msr(MC_BANK_MISC(i));
        state->banks[state->bank_count++] = bank;
    }
}

/* SDM vol. 3B, tables 15-8 and 15-9: the first row that fits. */
static const struct {
    uint16_t mask, value;
    const char *words;
} error_codes[] = {
    {0xffff, 0x0000, "no error code"},
    {0xffff, 0x0001, "an error of a kind not classified"},
    {0xffff, 0x0002, "parity error in the microcode ROM"},
    {0xffff, 0x0003, "an error that another processor or device reported"},
    {0xffff, 0x0004, "functional redundancy check failed"},
    {0xffff, 0x0005, "internal parity error"},
    {0xffff, 0x0006, "SMM code tried to run outside its range"},
    {0xffff, 0x0400, "internal timer error"},
    {0xfc00, 0x0400, "internal error"},
    {0xfffc, 0x000c, "cache error"},
    {0xfff0, 0x0010, "TLB error"},
    {0xff80, 0x0080, "memory controller error"},
    {0xff00, 0x0100, "cache error"},
    {0xf800, 0x0800, "bus or interconnect error"},
};

static const char *error_code_words(uint64_t status)
{
    uint16_t code = (uint16_t)status & (uint16_t)~STATUS_FILTERED;

    for (unsigned i = 0; i < ARRAY_COUNT(error_codes); i++)
        if ((code & error_codes[i].mask) == error_codes[i].value)
            return error_codes[i].words;
    return "an error code that no manual lists";
}

void machine_check_bank_text(const struct mc_bank *bank, char *text, size_t size)
{
    size_t length = format(
        text, size, "bank %u: %s, %s, status %016lx", bank->number, error_code_words(bank->status),
        bank->status & STATUS_UNCORRECTED ? "uncorrected" : "corrected", bank->status);

    if (bank->status & STATUS_ADDRESS_VALID)
        length += format(text + length, size - length, ", address %lx", bank->address);
    if (bank->status & STATUS_MISC_VALID)
        length += format(text + length, size - length, ", misc %lx", bank->misc);
    if (bank->status & STATUS_OVERFLOW)
        format(text + length, size - length, ", more errors came than were kept");
}

/* Corrupt context is worse than an error that was not corrected, which is worse than the rest. */
static unsigned gravity(const struct mc_bank *bank)
{
    return (bank->status & STATUS_CONTEXT_CORRUPT ? 2 : 0) +
           (bank->status & STATUS_UNCORRECTED ? 1 : 0);
}

void machine_check_sentence(const struct x86_fault_state *state, char *text, size_t size)
{
    const struct mc_bank *worst = &state->banks[0];
    size_t length;

    if (state->bank_count == 0) {
        format(text, size, "the hardware reports an error of its own, but no bank says which");
        return;
    }
    for (unsigned i = 1; i < state->bank_count; i++)
        if (gravity(&state->banks[i]) > gravity(worst))
            worst = &state->banks[i];
    length = format(text, size, "the hardware reports: %s (bank %u), %s",
                    error_code_words(worst->status), worst->number,
                    worst->status & STATUS_UNCORRECTED ? "which it could not correct"
                                                       : "which it corrected");
    if (worst->status & STATUS_ADDRESS_VALID)
        length += format(text + length, size - length, ", at physical address %lx", worst->address);
    if (worst->status & STATUS_CONTEXT_CORRUPT)
        format(text + length, size - length, "; this CPU's registers may be wrong");
}
