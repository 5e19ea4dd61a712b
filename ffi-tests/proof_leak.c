/* Forgets memory on purpose: Valgrind must notice. */
#include <stdlib.h>

static void *volatile kept;

int main(void) {
    kept = malloc(123);
    kept = NULL;
    return 0;
}
