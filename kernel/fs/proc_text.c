// Files of /proc: their text is made when they are opened, and then stays for this open file.
#include <asm/errno.h>
#include <stdarg.h>

#include "../core/format.h"
#include "file.h"
#include "heap.h"
#include "path.h"
#include "proc.h"
#include "string.h"

enum { FIRST_CAPACITY = 1024, LINE_MAX = 512, OCTAL_DIGITS = 11 };

void proc_add_bytes(struct proc_text *text, const void *bytes, size_t size_bytes) {
    if (text->length + size_bytes > text->capacity) {
        size_t capacity = MAX(text->capacity * 2, text->length + size_bytes + FIRST_CAPACITY);
        char *larger = heap_resize(text->bytes, capacity);
        if (larger == NULL) {
            text->failed = true;
            return;
        }
        text->bytes = larger;
        text->capacity = capacity;
    }
    memcpy(text->bytes + text->length, bytes, size_bytes);
    text->length += size_bytes;
}

void proc_add(struct proc_text *text, const char *format, ...) {
    char line[LINE_MAX];
    va_list arguments;
    va_start(arguments, format);
    int length = format_arguments(line, sizeof(line), format, &arguments);
    va_end(arguments);
    proc_add_bytes(text, line, MIN((size_t)length, sizeof(line) - 1));
}

void proc_add_octal(struct proc_text *text, unsigned value, unsigned digits) {
    for (unsigned left = OCTAL_DIGITS; left > 0; left--) {
        uint64_t rest = (uint64_t)value >> 3 * (left - 1);
        if (rest != 0 || left <= digits) {
            proc_add(text, "%lu", rest & 7);
        }
    }
}

static ssize_t read_text(struct file *file, struct uio *to, off_t *offset) {
    const struct proc_text *text = file->private;
    if ((uint64_t)*offset >= text->length) {
        return 0;
    }
    size_t wanted = MIN(to->remaining, text->length - (size_t)*offset);
    size_t done = uio_write(to, text->bytes + *offset, wanted);
    *offset += (off_t)done;
    return done == 0 && wanted > 0 ? -EFAULT : (ssize_t)done;
}

static void release_text(struct file *file) {
    struct proc_text *text = file->private;
    heap_free(text->bytes);
    heap_free(text);
}

static ssize_t write_text(struct file *file, struct uio *from, UNUSED off_t *offset) {
    char bytes[LINE_MAX];
    struct proc_subject subject;
    proc_write_fn write = proc_inode(file->inode)->node->write;
    if (write == NULL) {
        return -EIO;
    }
    if (!proc_subject(file->inode, &subject)) {
        return -ESRCH;
    }
    size_t wanted = from->remaining;
    size_t length = uio_read(from, bytes, MIN(wanted, sizeof(bytes) - 1));
    if (length < MIN(wanted, sizeof(bytes) - 1)) {
        return -EFAULT;
    }
    bytes[length] = '\0';
    int error = write(&subject, bytes, length);
    return error != 0 ? error : (ssize_t)wanted;
}

static const struct file_ops text_file_ops = {
    .read = read_text, .write = write_text, .seek = proc_seek, .release = release_text};

static int open_text(struct inode *inode, struct file *file) {
    struct proc_subject subject;
    if (!proc_subject(inode, &subject)) {
        return -ESRCH;
    }
    struct proc_text *text = heap_alloc_zeroed(sizeof(*text));
    if (text == NULL) {
        return -ENOMEM;
    }
    proc_inode(inode)->node->text(text, &subject);
    if (text->failed) {
        heap_free(text->bytes);
        heap_free(text);
        return -ENOMEM;
    }
    file->ops = &text_file_ops;
    file->private = text;
    return 0;
}

// A setting is opened with O_TRUNC by whoever writes it as a file.
static int truncate(UNUSED struct inode *inode, UNUSED off_t size) {
    return 0;
}

const struct inode_ops proc_text_ops = {
    .open = open_text, .truncate = truncate, .statfs = proc_statfs, .destroy = proc_destroy};
