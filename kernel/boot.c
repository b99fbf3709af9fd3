/* See boot.h. Everything of the loader's that is kept is copied here: its pages are free memory
 * later. */
#include "boot.h"

#include "arch/mmu.h"
#include "kernel/acpi.h"
#include "kernel/console.h"
#include "kernel/fault.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/patience.h"
#include "lib/format.h"
#include "lib/string.h"
#include "log/screen.h"
#include "log/serial.h"

struct boot_info boot_info READ_ONLY_AFTER_INIT;
struct options boot_options READ_ONLY_AFTER_INIT;

static void log_loader_messages(void)
{
    const char *at = boot_info.messages, *end = at + boot_info.message_bytes;

    while (at < end) {
        const char *line_end = at;

        while (line_end < end && *line_end != '\n')
            line_end++;
        if (line_end > at && *at >= '0' && *at < '0' + LOG_LEVEL_COUNT)
            log_write((enum log_level)(*at - '0'), "%.*s", (int)(line_end - at - 1), at + 1);
        at = line_end + 1;
    }
}

/* The loader has checked it too; the kernel maps memory by these numbers and does not believe. */
static void drop_bad_framebuffer(void)
{
    const char *problem =
        boot_info.framebuffer.base ? framebuffer_check(&boot_info.framebuffer) : NULL;

    if (!problem)
        return;
    log_warn("the framebuffer that was handed over is unusable: %s", problem);
    boot_info.framebuffer = (struct framebuffer){0};
}

void boot_take_handoff(const struct boot_info *handed_over)
{
    const char *problem = boot_info_check(handed_over);

    options_set_defaults(&boot_options);
    if (problem)
        panic("the loader's handoff is unusable: %s", problem);
    memcpy(&boot_info, handed_over, sizeof(boot_info));
    log_loader_messages();
    drop_bad_framebuffer();
    log_info("loader: left the firmware at try %u", boot_info.memory_map.exit_tries);
}

static void warn_option(void *context, const char *line)
{
    (void)context;
    log_warn("options: %s", line);
}

void boot_read_options(void)
{
    static const struct diagnostics diagnostics = {.warn = warn_option};

    options_parse(&boot_options, boot_info.options, boot_info.options_bytes, &diagnostics);
    fault_set_options(&boot_options);
    patience_set(boot_options.watchdog);
}

void boot_options_text(char *text, size_t size)
{
    size_t length = 0;

    for (uint32_t i = 0; i < boot_info.options_bytes && length + 1 < size; i++) {
        char next =
            boot_info.options[i] > ' ' && boot_info.options[i] <= '~' ? boot_info.options[i] : ' ';

        if (next != ' ' || (length > 0 && text[length - 1] != ' '))
            text[length++] = next;
    }
    length -= length > 0 && text[length - 1] == ' ';
    text[length] = '\0';
    if (length == 0)
        string_copy(text, size, "none", 4);
}

/* Where the framebuffer is mapped now: at first where the loader mapped it. */
static void *screen_pixels;

/* Whether a UART was looked for, and found. */
static bool serial_tried, serial_found;

static void start_serial(void)
{
    if (!serial_tried)
        serial_found = serial_init(boot_options.color);
    serial_tried = true;
    if (serial_found)
        log_add_sink(&serial_sink, boot_options.loglevel);
}

static void start_screen(void)
{
    static bool tried, found;

    if (!screen_pixels)
        return;
    if (!tried)
        found = screen_init(&boot_info.framebuffer, screen_pixels);
    tried = true;
    if (found)
        log_add_sink(&screen_sink, boot_options.loglevel);
}

void boot_start_sinks(void)
{
    screen_pixels = (void *)boot_info.framebuffer.base;
    if (boot_options.console & CONSOLE_SERIAL)
        start_serial();
    if (boot_options.console & CONSOLE_SCREEN)
        start_screen();
}

/* COM1 as it is set up anyway need not be set up again. */
static bool is_com1(const struct serial_port *port)
{
    return serial_found && !port->is_mmio && port->address == SERIAL_COM1 &&
           port->stride_bytes == 1 && (port->baud == 0 || port->baud == SERIAL_COM1_BAUD);
}

static void log_move(const struct serial_port *port)
{
    char name[32], rate[32];

    serial_port_name(name, sizeof(name), port);
    format(rate, sizeof(rate), port->baud ? "%u baud" : "rate as it was", port->baud);
    log_info("serial: the console moves to %s, %s, as %s says", name, rate,
             acpi_get()->serial_from);
}

void boot_move_serial(void)
{
    struct serial_port port;

    if (!acpi_find_serial_port(&port) || is_com1(&port))
        return;
    log_move(&port);
    if (!serial_move(&port, boot_options.color)) {
        log_warn("serial: no UART answers there: the console stays where it is");
        return;
    }
    serial_tried = serial_found = true;
    if (!(boot_options.console & CONSOLE_SERIAL))
        return; /* for a report only */
    log_add_sink(&serial_sink, boot_options.loglevel);
    log_show_again(&serial_sink);
}

void boot_move_screen(void *pixels)
{
    screen_pixels = pixels;
    screen_move(pixels);
}

void console_start_all(void)
{
    if (!screen_pixels && !arch_mmu_is_ready())
        screen_pixels = (void *)boot_info.framebuffer.base; /* the loader's mapping still holds */
    start_serial();
    serial_try_again();
    start_screen();
}
