// The kernel's own lines, for the person outside: never into the program's output.
#include "channel.h"
#include "format.h"
#include "report.h"

enum { LINE_MAX = 256 };

void log_line(const char *format, ...) {
    char line[LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    size_t length = (size_t)format_arguments(line, sizeof(line), format, &arguments);
    va_end(arguments);
    channel_send(CHANNEL_LOG, line, MIN(length, sizeof(line) - 1));
}
