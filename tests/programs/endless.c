/* Runs without end and without a system call: only a tick can take the CPU from it. */
int main(void)
{
    for (;;)
        __asm__ volatile("" : : : "memory");
}
