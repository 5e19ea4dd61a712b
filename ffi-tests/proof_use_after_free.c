/* Reads freed memory on purpose: AddressSanitizer and Valgrind must notice. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    /* The pointer is volatile, so that the compiler does not notice instead. */
    unsigned char *volatile block = malloc(32);
    if (block == NULL) {
        return 0;
    }
    block[7] = 1;
    free(block);
    printf("read %d\n", block[7]);
    return 0;
}
