// Memory and string functions. Moving memory is what a kernel does most, so those go by words: the
// destination is aligned first, the source may stay misaligned (both machines load misaligned words
// from ordinary memory). no_builtin keeps clang from turning these loops into calls of themselves.
#include "string.h"

typedef uint64_t __attribute__((may_alias)) word_t;

#define WORD sizeof(word_t)
#define NO_BUILTIN __attribute__((no_builtin))

static size_t bytes_to_alignment(const void *pointer) {
    return -(uintptr_t)pointer & (WORD - 1);
}

NO_BUILTIN void *memcpy(void *restrict to, const void *restrict from, size_t size_bytes) {
    char *out = to;
    const char *in = from;
    size_t head = MIN(bytes_to_alignment(out), size_bytes);
    size_bytes -= head;
    while (head-- > 0) {
        *out++ = *in++;
    }
    for (; size_bytes >= 4 * WORD; size_bytes -= 4 * WORD, out += 4 * WORD, in += 4 * WORD) {
        const word_t *source = (const word_t *)in;
        word_t first = source[0], second = source[1], third = source[2], fourth = source[3];
        word_t *target = (word_t *)out;
        target[0] = first, target[1] = second, target[2] = third, target[3] = fourth;
    }
    for (; size_bytes >= WORD; size_bytes -= WORD, out += WORD, in += WORD) {
        *(word_t *)out = *(const word_t *)in;
    }
    while (size_bytes-- > 0) {
        *out++ = *in++;
    }
    return to;
}

NO_BUILTIN static void copy_backwards(char *out, const char *in, size_t size_bytes) {
    out += size_bytes, in += size_bytes;
    while (size_bytes > 0 && (uintptr_t)out % WORD != 0) {
        *--out = *--in;
        size_bytes--;
    }
    for (; size_bytes >= WORD; size_bytes -= WORD) {
        out -= WORD, in -= WORD;
        *(word_t *)out = *(const word_t *)in;
    }
    while (size_bytes-- > 0) {
        *--out = *--in;
    }
}

NO_BUILTIN void *memmove(void *to, const void *from, size_t size_bytes) {
    uintptr_t distance = (uintptr_t)to - (uintptr_t)from;
    if (distance < size_bytes) {
        copy_backwards(to, from, size_bytes);
        return to;
    }
    // Below its source or clear of it: going upwards, nothing is written before it has been read.
    return memcpy(to, from, size_bytes);
}

NO_BUILTIN void *memset(void *to, int value, size_t size_bytes) {
    char *out = to;
    word_t word = 0x0101010101010101UL * (unsigned char)value;
    size_t head = MIN(bytes_to_alignment(out), size_bytes);
    size_bytes -= head;
    while (head-- > 0) {
        *out++ = (char)value;
    }
    for (; size_bytes >= 4 * WORD; size_bytes -= 4 * WORD, out += 4 * WORD) {
        word_t *target = (word_t *)out;
        target[0] = word, target[1] = word, target[2] = word, target[3] = word;
    }
    for (; size_bytes >= WORD; size_bytes -= WORD, out += WORD) {
        *(word_t *)out = word;
    }
    while (size_bytes-- > 0) {
        *out++ = (char)value;
    }
    return to;
}

NO_BUILTIN int memcmp(const void *left, const void *right, size_t size_bytes) {
    const unsigned char *a = left, *b = right;
    while (size_bytes >= WORD && *(const word_t *)a == *(const word_t *)b) {
        a += WORD, b += WORD, size_bytes -= WORD;
    }
    for (; size_bytes > 0; a++, b++, size_bytes--) {
        if (*a != *b) {
            return *a < *b ? -1 : 1;
        }
    }
    return 0;
}

NO_BUILTIN void *memchr(const void *where, int value, size_t size_bytes) {
    const unsigned char *byte = where;
    for (; size_bytes > 0; byte++, size_bytes--) {
        if (*byte == (unsigned char)value) {
            return (void *)byte;
        }
    }
    return NULL;
}

NO_BUILTIN size_t strlen(const char *string) {
    const char *end = string;
    while (*end != '\0') {
        end++;
    }
    return (size_t)(end - string);
}

NO_BUILTIN size_t strnlen(const char *string, size_t max) {
    size_t length = 0;
    while (length < max && string[length] != '\0') {
        length++;
    }
    return length;
}

NO_BUILTIN int strcmp(const char *left, const char *right) {
    return strncmp(left, right, SIZE_MAX);
}

NO_BUILTIN int strncmp(const char *left, const char *right, size_t max) {
    for (size_t i = 0; i < max; i++) {
        if (left[i] != right[i]) {
            return (unsigned char)left[i] < (unsigned char)right[i] ? -1 : 1;
        }
        if (left[i] == '\0') {
            return 0;
        }
    }
    return 0;
}

NO_BUILTIN char *strchr(const char *string, int value) {
    for (;; string++) {
        if (*string == (char)value) {
            return (char *)string;
        }
        if (*string == '\0') {
            return NULL;
        }
    }
}

NO_BUILTIN char *strrchr(const char *string, int value) {
    const char *found = NULL;
    for (;; string++) {
        if (*string == (char)value) {
            found = string;
        }
        if (*string == '\0') {
            return (char *)found;
        }
    }
}

size_t strlcpy(char *to, const char *from, size_t size_bytes) {
    size_t length = strlen(from);
    if (size_bytes > 0) {
        size_t copied = MIN(length, size_bytes - 1);
        memcpy(to, from, copied);
        to[copied] = '\0';
    }
    return length;
}
