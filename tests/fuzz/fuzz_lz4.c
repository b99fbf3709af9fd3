/* Blocks of any content, decoded to an output of any size: the first two bytes say which, low byte first. */
#include "../host/lz4_agreement.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < 2)
        return 0;
    if (!lz4_agrees(input + 2, size - 2, input[0] | (size_t)input[1] << 8))
        abort();
    return 0;
}
