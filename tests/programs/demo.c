/* What the single file shows of ring 3: a line in the log, and a good end. Embedded in BOOTX64.EFI. */
#include "faultline.h"

int main(void)
{
    fl_say("hello from ring 3");
    return 0;
}
