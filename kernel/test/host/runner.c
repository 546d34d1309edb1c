// `PROGRAM --list` names the tests; `PROGRAM NAME` runs one. A process runs one test only, so that
// kernel code keeps its static state as it is.

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "host_test.h"
#include "report.h"
#include "string.h"

static struct host_case *cases;

void host_case_add(struct host_case *test) {
    test->next = cases;
    cases = test;
}

unsigned long host_setting(const char *name, unsigned long otherwise) {
    const char *value = getenv(name);
    return value == NULL ? otherwise : strtoul(value, NULL, 0);
}

static uint64_t random_state;

void host_seed(void) {
    random_state = host_setting("HOST_SEED", 1) * 0x9e3779b97f4a7c15UL + 1;
}

// xorshift64
unsigned long host_pick(unsigned long limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % limit;
}

void host_fail(const char *file, int line, const char *what, long got, long wanted) {
    fprintf(stderr, "%s:%d: %s is %ld (%#lx), not %ld (%#lx)\n", file, line, what, got, got, wanted,
            wanted);
    abort();
}

void log_line(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void broken_invariant(const char *place) {
    panic("%s: an invariant does not hold", place);
}

void panic(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    abort();
}

int main(int argc, char **argv) {
    for (struct host_case *test = cases; test != NULL; test = test->next) {
        if (argc == 2 && strcmp(argv[1], "--list") == 0) {
            puts(test->name);
        } else if (argc == 2 && strcmp(argv[1], test->name) == 0) {
            test->run();
            return 0;
        }
    }
    return argc == 2 && strcmp(argv[1], "--list") == 0 ? 0 : 2;
}
