/* The firmware's console. */
#include "loader.h"

#include "lib/format.h"
#include "lib/string.h"

#define LINE_MAX 200

static void write_text(struct loader *loader, const char *text)
{
    CHAR16 line[2 * LINE_MAX];
    size_t length = 0;

    for (; *text != '\0' && length < ARRAY_COUNT(line) - 2; text++) {
        if (*text == '\n')
            line[length++] = '\r';
        line[length++] = (*text >= ' ' && *text <= '~') || *text == '\n' ? (CHAR16)*text : '?';
    }
    line[length] = 0;
    if (loader->system->ConOut) /* a machine may have no console at all */
        loader->system->ConOut->OutputString(loader->system->ConOut, line);
}

void console_write(struct loader *loader, const char *template, ...)
{
    char text[LINE_MAX];
    va_list arguments;

    va_start(arguments, template);
    format_v(text, sizeof(text), template, arguments);
    va_end(arguments);
    write_text(loader, text);
}

static const char *step_name = "start";
static bool line_is_begun;

void loader_begin_step(struct loader *loader, const char *name)
{
    step_name = name;
    line_is_begun = true;
    console_write(loader, "  %-8s ", name);
}

void loader_report(struct loader *loader, enum log_level level, const char *template, ...)
{
    struct boot_info *info = loader->info;
    char text[LINE_MAX - 24];
    va_list arguments;

    va_start(arguments, template);
    format_v(text, sizeof(text), template, arguments);
    va_end(arguments);
    console_write(loader, "%s%s\n", line_is_begun ? "" : "           ", text);
    line_is_begun = false;
    info->message_bytes += (uint32_t)format(info->messages + info->message_bytes,
                                            BOOT_MESSAGES_MAX - info->message_bytes,
                                            "%uloader: %s: %s\n", (unsigned)level, step_name, text);
}

/* A key that was pressed before, in the firmware's boot menu, does not count; the one that ends the
 * wait is taken away, so that the firmware does not act on it. */
static void wait_for_key(struct loader *loader, UINT64 seconds)
{
    SIMPLE_INPUT_INTERFACE *keyboard = loader->system->ConIn;
    EFI_EVENT events[2];
    EFI_INPUT_KEY key;
    UINTN count = 1, fired;

    if (EFI_ERROR(loader->boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[0])))
        return;
    loader->boot->SetTimer(events[0], TimerRelative, seconds * 10000000); /* in units of 100 ns */
    if (keyboard) {
        keyboard->Reset(keyboard, FALSE);
        events[count++] = keyboard->WaitForKey;
    }
    loader->boot->WaitForEvent(count, events, &fired);
    if (keyboard)
        keyboard->ReadKeyStroke(keyboard, &key);
    loader->boot->CloseEvent(events[0]);
}

void loader_explain_failure(struct loader *loader, const char *step, EFI_STATUS status)
{
    char text[sizeof(loader->problem) + 160];

    format(text, sizeof(text),
           "\nFaultline cannot start: step \"%s\" failed: %s%s%s (EFI status %lx)\n", step,
           loader->problem, loader->problem[0] ? ": " : "", efi_status_text(status),
           (unsigned long)status);
    serial_write(text);
    write_text(loader, text);
    write_text(loader, "Back to the firmware after a key or 10 seconds.\n");
    wait_for_key(loader, 10);
}
