/*
 * A kernel that misbehaves on purpose, for tests/boot/test_harness.py. The first load option names
 * the misdeed: it prints a banner, its name and the log that the table below gives it, and ends as
 * the table says. The log is as right as the misdeed allows, so that nothing else gives it away.
 *
 * It never leaves boot services. From the first line on interrupts are off and serial is its own.
 */
#include <efi.h>
#include <stdint.h>

#include "lib/compiler.h"
#include "lib/string.h"

enum {
    COM1_DATA = 0x3f8,
    COM1_LINE_STATUS = COM1_DATA + 5,
    COM1_LINE_STATUS_ROOM = 1 << 5,

    DEBUG_EXIT = 0xf4,
    RESET_CONTROL = 0xcf9,
    RESET_CONTROL_FULL = 0x0e,

    PM1_CONTROL = 0x604, /* where OVMF puts it on q35 */
    PM1_CONTROL_SLEEP = 1 << 13,

    VECTOR_NMI = 2,
    GATE_INTERRUPT = 0x8e,
};

/* ---- the machine ---- */

struct idt_gate {
    uint16_t offset_low, selector;
    uint8_t stack, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
} PACKED;
_Static_assert(sizeof(struct idt_gate) == 16, "as the CPU reads it");

struct idt_pointer {
    uint16_t limit;
    uint64_t base;
} PACKED;

static void port_write_8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void port_write_16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static void port_write_32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t port_read_8(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void load_idt(const struct idt_gate *gates, size_t size)
{
    struct idt_pointer pointer = {(uint16_t)(size ? size - 1 : 0), (uintptr_t)gates};

    __asm__ volatile("lidt %0" : : "m"(pointer));
}

static void print(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            port_write_8(COM1_DATA, '\r');
        while (!(port_read_8(COM1_LINE_STATUS) & COM1_LINE_STATUS_ROOM))
            ;
        port_write_8(COM1_DATA, (uint8_t)*text);
    }
}

/* Leaves "NMI" in RAX, so that registers read after an NMI differ from those read before it. */
__attribute__((naked)) static void entry_nmi(void)
{
    __asm__ volatile("mov $0x4e4d49, %eax\n"
                     "1: hlt\n"
                     "jmp 1b");
}

/* In place of the firmware's handlers, which would print. Any other exception is a triple fault. */
static void catch_nmi(void)
{
    static struct idt_gate gates[VECTOR_NMI + 1];
    uintptr_t entry = (uintptr_t)entry_nmi;
    uint16_t selector;

    __asm__("mov %%cs, %0" : "=r"(selector));
    gates[VECTOR_NMI] = (struct idt_gate){
        .offset_low = (uint16_t)entry,
        .selector = selector,
        .type = GATE_INTERRUPT,
        .offset_middle = (uint16_t)(entry >> 16),
        .offset_high = (uint32_t)(entry >> 32),
    };
    load_idt(gates, sizeof(gates));
}

/* ---- ends ---- */

static void hang(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void spin(void) { __asm__ volatile("1: jmp 1b"); }

static void triple_fault(void)
{
    load_idt(NULL, 0);
    __asm__ volatile("ud2");
}

static void reset(void) { port_write_8(RESET_CONTROL, RESET_CONTROL_FULL); }

static void power_off(void) { port_write_16(PM1_CONTROL, PM1_CONTROL_SLEEP); }

static void exit_00(void) { port_write_32(DEBUG_EXIT, 0x00); }

static void exit_10(void) { port_write_32(DEBUG_EXIT, 0x10); }

static void exit_11(void) { port_write_32(DEBUG_EXIT, 0x11); }

/* ---- misdeeds ---- */

#define LINE(text)   "[    0.000000] [0] INFO  " text "\n"
#define REPORT_BEGIN "*** FAULT #PF page fault, CPU 0, kernel mode, report 1\n"
#define REPORT       REPORT_BEGIN "cause      write to a null pointer\n*** END OF REPORT\n"
#define CLOSING_10   "exit: 0x10\n"
#define CLOSING_11   "exit: 0x11\n"

static const struct misdeed {
    const char *name, *log;
    void (*end)(void);
} misdeeds[] = {
    {"none", LINE("ready") CLOSING_10, exit_10},
    {"triple-fault", CLOSING_10, triple_fault},
    {"hang", CLOSING_10, hang},
    {"spin", "", spin},
    {"reset", CLOSING_10, reset},
    {"power-off", CLOSING_10, power_off},
    {"exit-0", "exit: 0x00\n", exit_00},
    {"no-closing-line", LINE("ready"), exit_10},
    {"closing-line-not-last", CLOSING_10 LINE("one line more"), exit_10},
    {"report-twice", REPORT REPORT CLOSING_11, exit_11},
    {"report-unfinished", REPORT_BEGIN CLOSING_11, exit_11},
};

static char *first_option(const EFI_LOADED_IMAGE *self, char *word, size_t size)
{
    const CHAR16 *options = self->LoadOptions;
    size_t count = self->LoadOptionsSize / sizeof(*options), length = 0;

    while (length < count && length + 1 < size && options[length] > ' ') {
        word[length] = (char)options[length];
        length++;
    }
    word[length] = '\0';
    return word;
}

static void commit(const struct misdeed *misdeed)
{
    __asm__ volatile("cli");
    catch_nmi();
    print(LINE("Faultline 0.0.0 (0123456789ab)") "[    0.000000] [0] INFO  misdeed: ");
    print(misdeed->name);
    print("\n");
    print(misdeed->log);
    misdeed->end();
    hang();
}

EFI_STATUS efi_main(EFI_HANDLE self_handle, EFI_SYSTEM_TABLE *system);
EFI_STATUS efi_main(EFI_HANDLE self_handle, EFI_SYSTEM_TABLE *system)
{
    static EFI_GUID loaded_image_guid = LOADED_IMAGE_PROTOCOL;
    EFI_LOADED_IMAGE *self;
    char word[32];

    system->BootServices->HandleProtocol(self_handle, &loaded_image_guid, (void **)&self);
    first_option(self, word, sizeof(word));
    for (unsigned i = 0; i < ARRAY_COUNT(misdeeds); i++)
        if (strcmp(word, misdeeds[i].name) == 0)
            commit(&misdeeds[i]);
    return EFI_INVALID_PARAMETER;
}
