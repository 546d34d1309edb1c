// /dev/random and /dev/urandom: the same, since the seed is there from the beginning. What is
// written is not used.
#include <linux/major.h>
#include <linux/stat.h>

#include "file.h"
#include "random.h"
#include "vfs.h"

enum { RANDOM_MINOR = 8, URANDOM_MINOR = 9, DEVICE_MODE = S_IFCHR | 0666 };

static ssize_t read_random(UNUSED struct file *file, struct uio *to, UNUSED off_t *offset) {
    return random_to_uio(to, to->remaining);
}

static ssize_t write_random(UNUSED struct file *file, struct uio *from, UNUSED off_t *offset) {
    return (ssize_t)from->remaining;
}

static off_t seek_nowhere(struct file *file, UNUSED off_t offset, UNUSED int whence) {
    return file->offset;
}

static int open_random(struct file *file) {
    static const struct file_ops ops = {
        .read = read_random, .write = write_random, .seek = seek_nowhere};
    file->ops = &ops;
    return 0;
}

DEVICE(random) = {DEVICE_NUMBER(MEM_MAJOR, RANDOM_MINOR), "random", DEVICE_MODE, open_random};
DEVICE(urandom) = {DEVICE_NUMBER(MEM_MAJOR, URANDOM_MINOR), "urandom", DEVICE_MODE, open_random};
