/* Keys and a line editor on the firmware's console (UEFI 2.10, 12.3). */
#include "menu.h"

#include "lib/string.h"

#define UNITS_OF_100_NS 10000000

static const CHAR16 erase[] = {CHAR_BACKSPACE, ' ', CHAR_BACKSPACE, 0};

bool menu_take_key(struct loader *loader, EFI_INPUT_KEY *key)
{
    SIMPLE_INPUT_INTERFACE *keyboard = loader->system->ConIn;

    return keyboard && !EFI_ERROR(keyboard->ReadKeyStroke(keyboard, key));
}

/* A keyboard may wake whoever waits with a key that is none, such as a shift key's. */
static bool wait_with(struct loader *loader, EFI_EVENT *events, UINTN count, EFI_INPUT_KEY *key)
{
    UINTN fired;

    do {
        if (EFI_ERROR(loader->boot->WaitForEvent(count, events, &fired)) || fired != 0)
            return false;
    } while (!menu_take_key(loader, key));
    return true;
}

bool menu_wait_for_key(struct loader *loader, UINT64 seconds, EFI_INPUT_KEY *key)
{
    EFI_EVENT events[2];
    bool pressed;

    if (!loader->system->ConIn)
        return false;
    events[0] = loader->system->ConIn->WaitForKey;
    if (seconds == 0)
        return wait_with(loader, events, 1, key);
    if (EFI_ERROR(loader->boot->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[1])))
        return false;
    loader->boot->SetTimer(events[1], TimerRelative, seconds * UNITS_OF_100_NS);
    pressed = wait_with(loader, events, 2, key);
    loader->boot->CloseEvent(events[1]);
    return pressed;
}

static void erase_last(struct loader *loader, char *text, size_t *length)
{
    if (*length == 0)
        return;
    text[--*length] = '\0';
    loader->system->ConOut->OutputString(loader->system->ConOut, (CHAR16 *)(uintptr_t)erase);
}

static void add(struct loader *loader, char *text, size_t *length, char c)
{
    text[(*length)++] = c;
    text[*length] = '\0';
    console_write(loader, "%c", c);
}

bool menu_read_line(struct loader *loader, char *text, size_t size)
{
    size_t length = strnlen(text, size - 1);
    EFI_INPUT_KEY key;

    console_write(loader, "%s", text);
    while (menu_wait_for_key(loader, 0, &key) && key.ScanCode != MENU_SCAN_ESCAPE) {
        if (key.UnicodeChar == CHAR_CARRIAGE_RETURN) {
            console_write(loader, "\n");
            return true;
        }
        if (key.UnicodeChar == CHAR_BACKSPACE)
            erase_last(loader, text, &length);
        else if (key.UnicodeChar >= ' ' && key.UnicodeChar <= '~' && length + 1 < size)
            add(loader, text, &length, (char)key.UnicodeChar);
    }
    console_write(loader, "\n");
    return false;
}
