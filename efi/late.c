/*
 * The last words of a loader that can neither go on nor go back: its own serial and framebuffer
 * writer. The firmware's page tables still map everything at its physical address.
 */
#include "loader.h"

#include "lib/psf.h"

#define COM1          0x3f8
#define UART_LCR      3
#define UART_LSR      5
#define UART_LSR_THRE 0x20
#define UART_LCR_DLAB 0x80
#define UART_LCR_8N1  0x03
#define UART_115200   1
#define SERIAL_SPINS  100000 /* a port that does not exist must not hang the machine */

extern const uint8_t late_font[], late_font_end[];

static uint8_t port_read(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void port_write(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

/* False when the port takes nothing: whoever writes gives up, instead of waiting for every byte. */
static bool serial_put(char c)
{
    for (unsigned spins = 0; !(port_read(COM1 + UART_LSR) & UART_LSR_THRE); spins++)
        if (spins == SERIAL_SPINS)
            return false;
    port_write(COM1, (uint8_t)c);
    return true;
}

/* Nobody may have set the speed: firmware without console redirection leaves the port alone. */
static void serial_set_speed(void)
{
    port_write(COM1 + UART_LCR, UART_LCR_DLAB | UART_LCR_8N1);
    port_write(COM1, UART_115200);
    port_write(COM1 + 1, 0);
    port_write(COM1 + UART_LCR, UART_LCR_8N1);
}

void serial_write(const char *text)
{
    if (port_read(COM1 + UART_LSR) == 0xff)
        return; /* nothing answers at this address */
    for (bool well = true; well && *text != '\0'; text++)
        well = (*text != '\n' || serial_put('\r')) && serial_put(*text);
}

static void draw_glyph(const struct framebuffer *framebuffer, const struct psf_font *font,
                       uint32_t x, uint32_t y, char c)
{
    int32_t index = psf_glyph_index(font, (uint8_t)c);
    const uint8_t *glyph = psf_glyph(font, index >= 0 ? (uint32_t)index : 0);
    volatile uint32_t *pixels = (volatile uint32_t *)(uintptr_t)framebuffer->base;
    uint32_t white = framebuffer_pixel(framebuffer, 0xffffff),
             red = framebuffer_pixel(framebuffer, 0x800000);

    for (uint32_t row = 0; row < font->height; row++)
        for (uint32_t column = 0; column < font->width; column++)
            pixels[(uint64_t)(y + row) * framebuffer->pitch_pixels + x + column] =
                glyph[row * font->row_bytes + column / 8] & (0x80 >> column % 8) ? white : red;
}

static void screen_write(const struct framebuffer *framebuffer, const char *text)
{
    struct psf_font font;
    uint32_t x = 0, y = 0;

    if (framebuffer->base == 0 || psf_read(&font, late_font, (size_t)(late_font_end - late_font)))
        return;
    for (; *text != '\0'; text++) {
        if (*text == '\n' || x + font.width > framebuffer->width) {
            x = 0;
            y += font.height;
        }
        if (y + font.height > framebuffer->height)
            return;
        if (*text != '\n') {
            draw_glyph(framebuffer, &font, x, y, *text);
            x += font.width;
        }
    }
}

void late_halt(const struct boot_info *info, const char *text)
{
    screen_write(&info->framebuffer, text);
    serial_set_speed();
    serial_write(text);
    serial_write("\n");
    for (;;)
        __asm__ volatile("cli; hlt");
}
