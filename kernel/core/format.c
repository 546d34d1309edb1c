// The printf of the kernel's own messages, and of /proc and other text that is made here. %s %c %d
// %i %u %x %p %%, the lengths l ll z, a width with 0 or - flag, and a precision for %s.
#include "format.h"
#include "report.h"
#include "string.h"

enum { DIGITS_MAX = 24 };

struct output {
    char *buffer;
    size_t size_bytes, length; // length counts what did not fit as well
};

struct directive {
    bool zero, left;
    size_t width, precision; // precision: SIZE_MAX without one
    unsigned longs;          // l or z: 1, ll: 2
    char conversion;
};

static void put(struct output *output, char c) {
    if (output->length + 1 < output->size_bytes) {
        output->buffer[output->length] = c;
    }
    output->length++;
}

static void put_repeated(struct output *output, char c, size_t count) {
    while (count-- > 0) {
        put(output, c);
    }
}

static void put_text(struct output *output, const struct directive *directive, const char *text,
                     size_t length) {
    size_t padding = directive->width > length ? directive->width - length : 0;
    if (!directive->left) {
        put_repeated(output, ' ', padding);
    }
    for (size_t i = 0; i < length; i++) {
        put(output, text[i]);
    }
    if (directive->left) {
        put_repeated(output, ' ', padding);
    }
}

static void put_number(struct output *output, const struct directive *directive, uint64_t value,
                       const char *prefix) {
    unsigned base = directive->conversion == 'x' || directive->conversion == 'p' ? 16 : 10;
    char text[DIGITS_MAX];
    size_t start = sizeof(text), prefix_length = strlen(prefix);
    do {
        text[--start] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    size_t length = sizeof(text) - start + prefix_length;
    if (directive->zero && !directive->left && directive->width > length) {
        struct directive unpadded = {.precision = SIZE_MAX};
        put_text(output, &unpadded, prefix, prefix_length);
        put_repeated(output, '0', directive->width - length);
        put_text(output, &unpadded, text + start, sizeof(text) - start);
        return;
    }
    while (prefix_length > 0) {
        text[--start] = prefix[--prefix_length];
    }
    put_text(output, directive, text + start, length);
}

static size_t parse_number(const char **format) {
    size_t number = 0;
    while (**format >= '0' && **format <= '9') {
        number = number * 10 + (size_t)(*(*format)++ - '0');
    }
    return number;
}

// `format` stands behind the %; afterwards behind the conversion.
static struct directive parse(const char **format) {
    struct directive directive = {.precision = SIZE_MAX};
    for (; **format == '0' || **format == '-'; (*format)++) {
        *(**format == '0' ? &directive.zero : &directive.left) = true;
    }
    directive.width = parse_number(format);
    if (**format == '.') {
        (*format)++;
        directive.precision = parse_number(format);
    }
    for (; **format == 'l' || **format == 'z'; (*format)++) {
        directive.longs++;
    }
    directive.conversion = **format;
    *format += **format != '\0';
    return directive;
}

static void put_signed(struct output *output, const struct directive *directive,
                       va_list *arguments) {
    long value = directive->longs > 0 ? va_arg(*arguments, long) : va_arg(*arguments, int);
    put_number(output, directive, value < 0 ? -(uint64_t)value : (uint64_t)value,
               value < 0 ? "-" : "");
}

static void put_string(struct output *output, const struct directive *directive,
                       va_list *arguments) {
    const char *text = va_arg(*arguments, const char *);
    text = text != NULL ? text : "(null)";
    put_text(output, directive, text, strnlen(text, directive->precision));
}

static void put_directive(struct output *output, const struct directive *directive,
                          va_list *arguments) {
    switch (directive->conversion) {
    case 'd':
    case 'i':
        put_signed(output, directive, arguments);
        break;
    case 'u':
    case 'x':
        put_number(output, directive,
                   directive->longs > 0 ? va_arg(*arguments, unsigned long)
                                        : va_arg(*arguments, unsigned),
                   "");
        break;
    case 'p':
        put_number(output, directive, (uint64_t)va_arg(*arguments, void *), "0x");
        break;
    case 's':
        put_string(output, directive, arguments);
        break;
    case 'c':
        put(output, (char)va_arg(*arguments, int));
        break;
    default:
        put(output, directive->conversion);
    }
}

int format_arguments(char *buffer, size_t size_bytes, const char *format, va_list *arguments) {
    struct output output = {buffer, size_bytes, 0};
    while (*format != '\0') {
        char c = *format++;
        if (c != '%') {
            put(&output, c);
            continue;
        }
        struct directive directive = parse(&format);
        put_directive(&output, &directive, arguments);
    }
    if (size_bytes > 0) {
        buffer[MIN(output.length, size_bytes - 1)] = '\0';
    }
    return (int)output.length;
}

int format_string(char *buffer, size_t size_bytes, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = format_arguments(buffer, size_bytes, format, &arguments);
    va_end(arguments);
    return length;
}
