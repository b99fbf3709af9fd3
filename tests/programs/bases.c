/* Reads by way of its GS base where no address is: the report is to name that address, which only this base leads to. */
#include "faultline.h"

#define LAST_PAGE 0x00007fffffffe000UL

int main(void)
{
    uint64_t value;

    fl_set_bases(NULL, (void *)LAST_PAGE);
    __asm__ volatile("mov %%gs:0x2000, %0" : "=r"(value));
    return 0;
}
