/*
 * The framebuffer. Firmware's own mode is kept, because it is the one its user sees and the panel's
 * native one; another is set only when this one cannot be drawn on or is under 800x600 and a better
 * one exists (UEFI 2.10, 12.9).
 */
#include "loader.h"

#include "lib/format.h"
#include "lib/string.h"

typedef EFI_GRAPHICS_OUTPUT_PROTOCOL gop_t;
typedef EFI_GRAPHICS_OUTPUT_MODE_INFORMATION gop_mode_t;

static void take_masks(struct framebuffer *framebuffer, const gop_mode_t *mode)
{
    bool rgb = mode->PixelFormat == PixelRedGreenBlueReserved8BitPerColor;

    framebuffer->red_mask = rgb ? 0x0000ff : 0xff0000;
    framebuffer->green_mask = 0x00ff00;
    framebuffer->blue_mask = rgb ? 0xff0000 : 0x0000ff;
    if (mode->PixelFormat == PixelBitMask) {
        framebuffer->red_mask = mode->PixelInformation.RedMask;
        framebuffer->green_mask = mode->PixelInformation.GreenMask;
        framebuffer->blue_mask = mode->PixelInformation.BlueMask;
    }
}

static void take_mode(struct framebuffer *framebuffer, const gop_t *gop)
{
    const gop_mode_t *mode = gop->Mode->Info;

    *framebuffer = (struct framebuffer){
        .base = gop->Mode->FrameBufferBase,
        .size_bytes = gop->Mode->FrameBufferSize,
        .width = mode->HorizontalResolution,
        .height = mode->VerticalResolution,
        .pitch_pixels = mode->PixelsPerScanLine,
    };
    take_masks(framebuffer, mode);
}

static bool is_linear(const gop_mode_t *mode) { return mode->PixelFormat < PixelBltOnly; }

static bool is_good(const gop_mode_t *mode)
{
    return is_linear(mode) && mode->HorizontalResolution >= 800 && mode->VerticalResolution >= 600;
}

static UINT64 area(const gop_mode_t *mode)
{
    return is_linear(mode) ? (UINT64)mode->HorizontalResolution * mode->VerticalResolution : 0;
}

/* The largest linear mode up to 1920x1200: what is larger costs memory traffic and is seldom the
 * panel's own. */
static void improve_mode(struct loader *loader, gop_t *gop)
{
    UINT64 best_area = area(gop->Mode->Info);
    UINT32 best = gop->Mode->Mode;

    for (UINT32 number = 0; number < gop->Mode->MaxMode; number++) {
        gop_mode_t *mode;
        UINTN bytes;

        if (EFI_ERROR(gop->QueryMode(gop, number, &bytes, &mode)))
            continue;
        if (mode->HorizontalResolution <= 1920 && mode->VerticalResolution <= 1200 &&
            area(mode) > best_area) {
            best_area = area(mode);
            best = number;
        }
        loader->boot->FreePool(mode);
    }
    if (best == gop->Mode->Mode)
        return;
    if (EFI_ERROR(gop->SetMode(gop, best)))
        loader_report(loader, LOG_WARN, "mode %u cannot be set", best);
    else
        loader_report(loader, LOG_INFO,
                      "mode %u set, the firmware's was under 800x600 or not linear", best);
}

/* "RGB", "BGR" or the masks. */
static const char *pixel_format_name(const gop_mode_t *mode)
{
    static const char *const names[] = {"RGB", "BGR", "bit mask"};

    return is_linear(mode) ? names[mode->PixelFormat] : "blit-only";
}

static bool use_gop(struct loader *loader, gop_t *gop)
{
    struct framebuffer *framebuffer = &loader->info->framebuffer;
    const gop_mode_t *mode;
    const char *problem;

    loader->info->firmware.display_count++;
    if (!is_good(gop->Mode->Info))
        improve_mode(loader, gop);
    mode = gop->Mode->Info;
    if (!is_linear(mode)) {
        loader_report(loader, LOG_INFO, "a blit-only display is passed over");
        return false;
    }
    take_mode(framebuffer, gop);
    problem = framebuffer_check(framebuffer);
    if (problem) {
        loader_report(loader, LOG_WARN, "%ux%u, pitch %u, %lx bytes at %lx is unusable: %s",
                      framebuffer->width, framebuffer->height, framebuffer->pitch_pixels,
                      (unsigned long)framebuffer->size_bytes, (unsigned long)framebuffer->base,
                      problem);
        *framebuffer = (struct framebuffer){0};
        loader->info->firmware.display_refused++;
        return false;
    }
    loader_report(loader, LOG_INFO, "%ux%u, pitch %u, %s, at %lx", framebuffer->width,
                  framebuffer->height, framebuffer->pitch_pixels, pixel_format_name(mode),
                  (unsigned long)framebuffer->base);
    return true;
}

/* Moves the displays to the front and returns their number. A GOP without a device path is no
 * display (UEFI 2.10, 12.10): EDK2's console splitter has one that stands for them all. Where none
 * has a path all are kept. */
static UINTN keep_displays(struct loader *loader, EFI_HANDLE *handles, UINTN count)
{
    static EFI_GUID path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
    UINTN kept = 0;

    for (UINTN i = 0; i < count; i++) {
        void *path;

        if (!EFI_ERROR(loader->boot->HandleProtocol(handles[i], &path_guid, &path)))
            handles[kept++] = handles[i];
    }
    return kept ? kept : count;
}

/* Several display cards give several GOPs; the first that can be drawn on is taken. Firmware's
 * console is on them all, so the others show for ever that another one is used. */
static bool use_any_gop(struct loader *loader, EFI_HANDLE *handles, UINTN count, EFI_GUID *guid)
{
    for (UINTN i = 0; i < count; i++) {
        gop_t *gop;

        if (EFI_ERROR(loader->boot->HandleProtocol(handles[i], guid, (void **)&gop)) ||
            !gop->Mode || !gop->Mode->Info)
            continue;
        if (!use_gop(loader, gop))
            continue;
        if (count > 1)
            loader_report(loader, LOG_INFO,
                          "display %u of %u is used, the others keep their last picture",
                          (unsigned)i + 1, (unsigned)count);
        return true;
    }
    return false;
}

EFI_STATUS loader_find_screen(struct loader *loader)
{
    static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_HANDLE *handles;
    UINTN count;

    if (EFI_ERROR(
            loader->boot->LocateHandleBuffer(ByProtocol, &gop_guid, NULL, &count, &handles))) {
        loader_report(loader, LOG_WARN, "no graphics output protocol: going on without a screen");
        return EFI_SUCCESS;
    }
    count = keep_displays(loader, handles, count);
    if (!use_any_gop(loader, handles, count, &gop_guid))
        loader_report(loader, LOG_WARN, "going on without a screen");
    loader->boot->FreePool(handles);
    return EFI_SUCCESS;
}
