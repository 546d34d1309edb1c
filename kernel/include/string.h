// The C library's memory and string functions that the kernel has (core/string.c); clang calls the
// first four itself.
#pragma once

#include "types.h"

void *memcpy(void *restrict to, const void *restrict from, size_t size_bytes);
void *memmove(void *to, const void *from, size_t size_bytes);
void *memset(void *to, int value, size_t size_bytes);
int memcmp(const void *left, const void *right, size_t size_bytes);
void *memchr(const void *where, int value, size_t size_bytes);
size_t strlen(const char *string);
size_t strnlen(const char *string, size_t max);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t max);
char *strchr(const char *string, int value);
char *strrchr(const char *string, int value);
// Copies what fits and always ends with a NUL. The length of `from`.
size_t strlcpy(char *to, const char *from, size_t size_bytes);
