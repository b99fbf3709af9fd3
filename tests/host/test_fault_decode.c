/* Made-up frames of every exception, those that the emulator has no cause for among them, and what is said of them. */
#include "../../arch/x86_64/fault_decode.c"
#include "../../arch/x86_64/machine_check.c"

#include "host_test.h"

/* machine_check_read() asks for it; these tests make the banks themselves. */
bool x86_has(enum x86_feature feature)
{
    (void)feature;
    return false;
}

struct row {
    const char *name;
    uint8_t vector;
    uint64_t error;
    struct x86_fault_state state;
    const char *headline, *error_text, *meaning; /* NULL: not looked at */
};

static struct row rows[] = {
    {"divide", 0, 0, {0}, "#DE divide error", NULL, "division by zero"},
    {"step", 1, 0, {.dr6 = 0xffff4ff0}, "#DB debug exception", NULL, "a single step was made"},
    {"watch",
     1,
     0,
     {.dr6 = 0xffff0ff1, .dr7 = 0x90401, .breakpoints = {0x1230}},
     NULL,
     NULL,
     "DR0 was waiting for a write to 1230"},
    {"two causes",
     1,
     0,
     {.dr6 = 0xffff4ff8},
     NULL,
     NULL,
     "DR3 was waiting for an instruction at 0, a single step was made (RFLAGS.TF)"},
    {"guarded", 1, 0, {.dr6 = 0xffff2ff0}, NULL, NULL, "was about to be used (DR7.GD)"},
    {"int1", 1, 0, {.dr6 = 0xffff0ff0}, NULL, NULL, "without a cause in DR6: INT1"},
    {"reserved 9", 9, 0, {0}, "#-- reserved exception", NULL, "no manual describes"},
    {"reserved 31", 31, 0, {0}, "#-- reserved exception", NULL, "no manual describes"},
    {"double fault", 8, 0, {.cr2 = 1}, "#DF double fault", "always 0", "while another was"},
    {"TSS", 10, 0x30, {0}, "#TS invalid TSS", "selector 0030, entry 6 of the GDT", NULL},
    {"not present", 11, 0x103, {0}, "#NP segment", "vector 20, in the IDT, while an event", NULL},
    {"LDT", 11, 0x1c, {0}, NULL, "selector 0018, entry 3 of the LDT", NULL},
    {"stack", 12, 0, {0}, "#SS stack-segment fault", "no selector is to blame", NULL},
    {"selector with unknown bits",
     13,
     0x10008,
     {0},
     NULL,
     "entry 1 of the GDT, unknown bits 10000",
     NULL},
    {"x87",
     16,
     0,
     {.fpu_status = 0x84, .fpu_control = 0x37b},
     "#MF x87",
     NULL,
     "an x87 instruction met an error that is not masked: division by zero"},
    {"x87 nothing", 16, 0, {.fpu_status = 4, .fpu_control = 0x37f}, NULL, NULL, "no error that is"},
    {"alignment", 17, 0, {0}, "#AC alignment check", "always 0", "a misaligned access"},
    {"alignment, unknown bits", 17, 4, {0}, NULL, "no bit of it is defined", NULL},
    {"SIMD",
     19,
     0,
     {.mxcsr = 0x1f80 - 0x80 - 0x200 + 0x5},
     "#XM SIMD",
     NULL,
     "a SIMD instruction met an error that is not masked: invalid operation, division by zero"},
    {"virtualization",
     20,
     0,
     {0},
     "#VE virtualization exception",
     NULL,
     "hypervisor's page tables"},
    {"near return", 21, 1, {0}, "#CP control protection", "near return", "confirm a branch: near"},
    {"far return", 21, 2, {0}, NULL, "far return or IRET", NULL},
    {"no ENDBRANCH", 21, 3, {0}, NULL, "without ENDBRANCH", "without ENDBRANCH"},
    {"token", 21, 0x8004, {0}, NULL, "RSTORSSP with a bad token, in an enclave", NULL},
    {"busy", 21, 5, {0}, NULL, "SETSSBSY", NULL},
    {"unknown control protection", 21, 6, {0}, NULL, "a kind that is not known", NULL},
    {"injected", 28, 0, {0}, "#HV hypervisor injection exception", NULL, "hypervisor injected"},
    {"VMM", 29, 0x72, {0}, "#VC VMM communication", "exit code 72 of the virtual machine", NULL},
    {"security", 30, 1, {0}, "#SX security exception", "INIT was redirected", NULL},
    {"page, all bits",
     14,
     0x807f,
     {0},
     "#PF page fault",
     "page present, instruction fetch, user, reserved bit set, protection key, shadow stack, SGX",
     NULL},
    {"page, unknown bits", 14, 0x10180, {0}, NULL, "read, supervisor, unknown bits 10180", NULL},
    {"page, plain write", 14, 2, {0}, NULL, "page not present, write, supervisor", NULL},
    {"no bank", 18, 0, {0}, "#MC machine check", NULL, "but no bank says which"},
    {"cache",
     18,
     0,
     {.banks = {{9, 0xbf00000000000134, 0x1234, 0x8c}}, .bank_count = 1},
     NULL,
     NULL,
     "cache error (bank 9), which it could not correct, at physical address 1234; this CPU's"},
    {"the worst of three",
     18,
     0,
     {.banks = {{1, 0x8000000000000010, 0, 0},
                {3, 0xa000000000000090, 0, 0},
                {4, 0x8000000000000010, 0, 0}},
      .bank_count = 3},
     NULL,
     NULL,
     "memory controller error (bank 3), which it could not correct"},
    {"corrected",
     18,
     0,
     {.banks = {{0, 0x8000000000001010, 0, 0}}, .bank_count = 1},
     NULL,
     NULL,
     "TLB error (bank 0), which it corrected"},
};

static void each_exception_is_told(void **state)
{
    const struct row *row = *state;
    struct trap_frame frame = {.vector = row->vector, .error = row->error, .cs = 8};
    struct fault fault;
    char headline[100];

    x86_fault_decode(&frame, &row->state, &fault);
    snprintf(headline, sizeof(headline), "#%s %s", fault.mnemonic, fault.name);
    if (row->headline)
        assert_contains(headline, row->headline);
    if (row->error_text)
        assert_contains(fault.error_text, row->error_text);
    if (row->meaning)
        assert_contains(fault.meaning, row->meaning);
    assert_int_equal(fault.has_error, row->vector == 8 ||
                                          (row->vector >= 10 && row->vector <= 14) ||
                                          row->vector == 17 || row->vector == 21 ||
                                          row->vector == 29 || row->vector == 30);
    assert_false(fault.user);
}

/* CR2 keeps the address of an older page fault: it is this fault's only where it must be. */
static void an_old_cr2_is_not_shown(void **state)
{
    const struct x86_fault_state old = {.cr2 = 0x1000};
    struct trap_frame frame = {.rsp = 0x9000, .cs = 8};
    struct fault fault;

    (void)state;
    for (unsigned vector = 0; vector < 32; vector++) {
        frame.vector = vector;
        x86_fault_decode(&frame, &old, &fault);
        assert_int_equal(fault.has_address, vector == 14);
    }
    frame.vector = 8;
    frame.rsp = 0x1008; /* the push that failed went to CR2 */
    x86_fault_decode(&frame, &old, &fault);
    assert_true(fault.has_address && fault.stack_unusable);
    frame.rsp = 0x2001;
    x86_fault_decode(&frame, &old, &fault);
    assert_false(fault.has_address);
}

/* Whether rip is behind the instruction or at it decides which line is named. */
static void traps_are_told_from_faults(void **state)
{
    static const struct {
        uint8_t vector;
        uint64_t dr6, dr7;
        bool is_trap;
    } cases[] = {
        {0, 0, 0, false},
        {3, 0, 0, true},
        {4, 0, 0, true},
        {6, 0, 0, false},
        {14, 0, 0, false},
        {1, BIT(14), 0, true},
        {1, 0, 0, true},
        {1, BIT(13), 0, false},
        {1, BIT(0), 0x1, false},
        {1, BIT(0), 0x10001, true},
        {1, BIT(2), 0x10020, false},
        {1, BIT(2), 0x3000020, true},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct x86_fault_state found = {.dr6 = cases[i].dr6, .dr7 = cases[i].dr7};
        struct trap_frame frame = {.vector = cases[i].vector, .cs = 8};
        struct fault fault;

        x86_fault_decode(&frame, &found, &fault);
        assert_int_equal(fault.is_trap, cases[i].is_trap);
    }
}

static void a_fault_of_ring_3_is_a_users(void **state)
{
    const struct x86_fault_state none = {0};
    struct trap_frame frame = {.vector = 14, .cs = 0x2b};
    struct fault fault;

    (void)state;
    x86_fault_decode(&frame, &none, &fault);
    assert_true(fault.user);
}

static void every_bit_of_a_bank_is_told(void **state)
{
    const struct mc_bank bank = {5, 0xfc00000000000e0f, 0xabc, 0xdef};
    char text[200];

    (void)state;
    machine_check_bank_text(&bank, text, sizeof(text));
    assert_string_equal(text, "bank 5: bus or interconnect error, uncorrected, status "
                              "fc00000000000e0f, address abc, misc def, more errors came than were "
                              "kept");
}

/* No text runs over its end, whatever the numbers. */
static void any_error_code_fits(void **state)
{
    uint64_t seed = 3;

    (void)state;
    for (unsigned round = 0; round < 100000; round++) {
        struct x86_fault_state random = {.cr2 = random_next(&seed),
                                         .dr6 = random_next(&seed),
                                         .dr7 = random_next(&seed),
                                         .fpu_status = (uint16_t)random_next(&seed),
                                         .mxcsr = (uint32_t)random_next(&seed),
                                         .bank_count = 1};
        struct trap_frame frame = {.vector = random_below(&seed, 256), .error = random_next(&seed)};
        struct fault fault;

        for (unsigned i = 0; i < 4; i++)
            random.breakpoints[i] = random_next(&seed);
        random.banks[0].status = random_next(&seed);
        x86_fault_decode(&frame, &random, &fault);
        assert_true(strnlen(fault.error_text, sizeof(fault.error_text)) <
                    sizeof(fault.error_text) - 1);
        assert_in_range(strnlen(fault.meaning, sizeof(fault.meaning)), 1,
                        sizeof(fault.meaning) - 2);
    }
}

int main(void)
{
    static struct host_tests tests;

    HOST_ADD_ROWS(&tests, each_exception_is_told, rows);
    HOST_ADD(&tests, an_old_cr2_is_not_shown);
    HOST_ADD(&tests, traps_are_told_from_faults);
    HOST_ADD(&tests, a_fault_of_ring_3_is_a_users);
    HOST_ADD(&tests, every_bit_of_a_bank_is_told);
    HOST_ADD(&tests, any_error_code_fits);
    return host_tests_run(&tests, "fault_decode");
}
