/*
 * The menu on the firmware's console, for a machine that has no other PC beside it: for timeout=SECONDS, or when M or the space
 * bar is held while the loader starts. Choices only change the text of the options, which the kernel reads as ever.
 */
#include "menu.h"
#include "loader.h"

#include "lib/slice.h"
#include "lib/string.h"
#include "version.h"

#define LINES_A_PAGE 18
#define PIECE_BYTES  128

/* Lines of `name what`, made from the kernel's tables (Makefile). */
extern const char fault_names[], fault_names_end[];

enum choice { CHOICE_AGAIN, CHOICE_BOOT, CHOICE_FIRMWARE };

static struct slice options_of(const struct loader *loader)
{
    return (struct slice){loader->info->options, loader->info->options_bytes};
}

static void set_options(struct loader *loader, const char *text)
{
    struct boot_info *info = loader->info;

    info->options_bytes = (uint32_t)strnlen(text, sizeof(info->options));
    memcpy(info->options, text, info->options_bytes);
    info->options_source = BOOT_OPTIONS_MENU;
}

/* A later word wins over an earlier one (lib/options.h). */
static void add_option(struct loader *loader, const char *name, const char *value)
{
    char text[OPTIONS_TEXT_MAX];

    if (options_join(text, sizeof(text), options_of(loader), name, value))
        set_options(loader, text);
    else
        console_write(loader, "  there is no room left for %s=%s\n", name, value);
}

static void edit_options(struct loader *loader)
{
    char text[OPTIONS_TEXT_MAX];

    options_join(text, sizeof(text), options_of(loader), NULL, NULL);
    console_write(loader, "  Change the line; Enter takes it, Escape leaves it as it was.\n  > ");
    if (menu_read_line(loader, text, sizeof(text)))
        set_options(loader, text);
}

/* What the fault is called ends at the first `@` or `:`: a CPU and a stage may follow. */
static bool is_fault(const char *name)
{
    struct slice rest = {fault_names, (size_t)(fault_names_end - fault_names)}, line, known;
    size_t length = 0;

    while (name[length] != '\0' && name[length] != '@' && name[length] != ':')
        length++;
    while (slice_split(&line, &rest, '\n')) {
        slice_split(&known, &line, ' ');
        if (known.length == length && length > 0 && memcmp(known.text, name, length) == 0)
            return true;
    }
    return false;
}

static void take_fault(struct loader *loader, const char *name)
{
    if (is_fault(name))
        add_option(loader, "fault", name);
    else
        console_write(loader, "  there is no fault \"%s\"\n", name);
}

/* Page by page, until one is named or the list is left. */
static void pick_fault(struct loader *loader)
{
    struct slice rest = {fault_names, (size_t)(fault_names_end - fault_names)}, line;
    char name[OPTION_NAME_MAX] = "";

    for (unsigned shown = 1; slice_split(&line, &rest, '\n'); shown++) {
        console_write(loader, "  %.*s\n", (int)line.length, line.text);
        if (shown % LINES_A_PAGE != 0 && rest.length > 0)
            continue;
        console_write(loader, "  Enter: more. A name (NAME@CPU, NAME:STAGE) picks it: ");
        if (!menu_read_line(loader, name, sizeof(name)))
            return;
        if (name[0] != '\0') {
            take_fault(loader, name);
            return;
        }
    }
}

/* A page at a time; any other key than Escape goes on. */
static void show_file(struct loader *loader, EFI_FILE_HANDLE file)
{
    char text[PIECE_BYTES];
    EFI_INPUT_KEY key = {0};
    unsigned lines = 0;

    for (;;) {
        UINTN bytes = sizeof(text);

        if (EFI_ERROR(file->Read(file, &bytes, text)) || bytes == 0)
            return;
        for (UINTN i = 0; i < bytes; i++) {
            console_write(loader, "%c", text[i]);
            if (text[i] != '\n' || ++lines % LINES_A_PAGE != 0)
                continue;
            console_write(loader, "  -- a key: more, Escape: enough --\n");
            if (!menu_wait_for_key(loader, 0, &key) || key.ScanCode == MENU_SCAN_ESCAPE)
                return;
        }
    }
}

static void show_last_crash(struct loader *loader)
{
    EFI_FILE_HANDLE file;
    char name[32];

    if (!loader_open_last_crash(loader, name, sizeof(name), &file)) {
        console_write(loader, "  there is no \\faultline\\crash-NNNN.txt on this volume\n");
        return;
    }
    console_write(loader, "\n  %s\n\n", name);
    show_file(loader, file);
    file->Close(file);
}

static enum choice boot(struct loader *loader)
{
    (void)loader;
    return CHOICE_BOOT;
}
static enum choice leave(struct loader *loader)
{
    (void)loader;
    return CHOICE_FIRMWARE;
}
static enum choice edit(struct loader *loader)
{
    edit_options(loader);
    return CHOICE_AGAIN;
}
static enum choice fault(struct loader *loader)
{
    pick_fault(loader);
    return CHOICE_AGAIN;
}

static enum choice show_crash(struct loader *loader)
{
    show_last_crash(loader);
    return CHOICE_AGAIN;
}
static enum choice audit(struct loader *loader)
{
    add_option(loader, "audit", "log");
    return CHOICE_BOOT;
}

static const struct item {
    CHAR16 key;
    const char *key_name, *text;
    enum choice (*choose)(struct loader *loader);
} items[] = {
    {CHAR_CARRIAGE_RETURN, "Enter", "boot", boot},
    {'e', "e", "edit the options", edit},
    {'f', "f", "pick a fault", fault},
    {'c', "c", "show the last crash", show_crash},
    {'a', "a", "boot with the audit of the firmware in the log", audit},
    {'q', "q", "back to the firmware", leave},
};

static void show(struct loader *loader)
{
    char text[OPTIONS_TEXT_MAX];

    options_join(text, sizeof(text), options_of(loader), NULL, NULL);
    console_write(loader, "\n  Faultline " FAULTLINE_VERSION "\n\n");
    for (unsigned i = 0; i < ARRAY_COUNT(items); i++)
        console_write(loader, "  %-6s %s\n", items[i].key_name, items[i].text);
    console_write(loader, "\n  options: %s\n", text[0] != '\0' ? text : "none");
}

/* Without a key in time: boot. Another key than those shown only stops the time. */
static enum choice ask(struct loader *loader, UINT64 seconds)
{
    EFI_INPUT_KEY key;

    show(loader);
    if (seconds > 0)
        console_write(loader, "  boots in %u seconds\n", (unsigned)seconds);
    if (!menu_wait_for_key(loader, seconds, &key))
        return CHOICE_BOOT;
    for (unsigned i = 0; i < ARRAY_COUNT(items); i++)
        if (key.UnicodeChar == items[i].key || key.UnicodeChar + 'a' - 'A' == items[i].key)
            return items[i].choose(loader);
    return CHOICE_AGAIN;
}

static bool is_held(struct loader *loader)
{
    EFI_INPUT_KEY key;

    return menu_take_key(loader, &key) &&
           (key.UnicodeChar == ' ' || key.UnicodeChar == 'm' || key.UnicodeChar == 'M');
}

EFI_STATUS loader_offer_menu(struct loader *loader)
{
    static const struct diagnostics silent = {.warn = NULL}; /* the kernel warns of them */
    static struct options options;
    UINT64 seconds;
    enum choice choice;

    options_set_defaults(&options);
    options_parse(&options, loader->info->options, loader->info->options_bytes, &silent);
    seconds = options.timeout;
    if (seconds == 0 && !is_held(loader))
        return EFI_SUCCESS;
    while ((choice = ask(loader, seconds)) == CHOICE_AGAIN)
        seconds = 0;
    loader_begin_step(loader, "options");
    loader_report(loader, LOG_INFO, "%s",
                  loader->info->options_source == BOOT_OPTIONS_MENU ? "from the menu"
                                                                    : "the menu left them");
    return choice == CHOICE_BOOT ? EFI_SUCCESS : EFI_ABORTED;
}
