/* Says each of its arguments on a line of its own; its exit code is how many there were. */
#include "faultline.h"

int main(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        fl_say(argv[i]);
    return argc;
}
