// Between core/format.c and those who have a va_list of their own.
#pragma once

#include "types.h"

#include <stdarg.h>

// Always ends with a NUL. The length that the whole text has.
int format_arguments(char *buffer, size_t size_bytes, const char *format, va_list *arguments);
