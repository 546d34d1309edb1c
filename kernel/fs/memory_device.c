// /dev/null, /dev/zero and /dev/full.
#include <asm/errno.h>
#include <linux/major.h>
#include <linux/stat.h>

#include "file.h"
#include "page.h"
#include "vfs.h"

enum { NULL_MINOR = 3, ZERO_MINOR = 5, FULL_MINOR = 7, DEVICE_MODE = S_IFCHR | 0666 };

static ssize_t read_nothing(UNUSED struct file *file, UNUSED struct uio *to, UNUSED off_t *offset) {
    return 0;
}

static ssize_t read_zeroes(UNUSED struct file *file, struct uio *to, UNUSED off_t *offset) {
    size_t wanted = to->remaining;
    size_t done = uio_zero(to, wanted);
    return done == 0 && wanted > 0 ? -EFAULT : (ssize_t)done;
}

static ssize_t write_nowhere(UNUSED struct file *file, struct uio *from, UNUSED off_t *offset) {
    return (ssize_t)from->remaining;
}

static ssize_t write_no_room(UNUSED struct file *file, UNUSED struct uio *from,
                             UNUSED off_t *offset) {
    return -ENOSPC;
}

static off_t seek_nowhere(struct file *file, UNUSED off_t offset, UNUSED int whence) {
    file->offset = 0;
    return 0;
}

// A private mapping of /dev/zero is memory; one that is shared would have to keep its pages, which
// have no owner here.
static uint64_t zero_page(UNUSED struct file *file, UNUSED uint64_t index, bool write) {
    return write ? 0 : page_alloc_zeroed();
}

static int open_null(struct file *file) {
    static const struct file_ops ops = {
        .read = read_nothing, .write = write_nowhere, .seek = seek_nowhere};
    file->ops = &ops;
    return 0;
}

static int open_zero(struct file *file) {
    static const struct file_ops ops = {
        .read = read_zeroes, .write = write_nowhere, .seek = seek_nowhere, .page = zero_page};
    file->ops = &ops;
    return 0;
}

static int open_full(struct file *file) {
    static const struct file_ops ops = {
        .read = read_zeroes, .write = write_no_room, .seek = seek_nowhere};
    file->ops = &ops;
    return 0;
}

DEVICE(null) = {DEVICE_NUMBER(MEM_MAJOR, NULL_MINOR), "null", DEVICE_MODE, open_null};
DEVICE(zero) = {DEVICE_NUMBER(MEM_MAJOR, ZERO_MINOR), "zero", DEVICE_MODE, open_zero};
DEVICE(full) = {DEVICE_NUMBER(MEM_MAJOR, FULL_MINOR), "full", DEVICE_MODE, open_full};
