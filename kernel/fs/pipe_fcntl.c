// F_SETPIPE_SZ and F_GETPIPE_SZ.
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/fcntl.h>

#include "credentials.h"
#include "fcntl.h"
#include "file.h"
#include "pipe.h"
#include "thread.h"
#include "vfs.h"

#define LARGEST (1UL << 31)

static long set_size(struct pipe *pipe, uint64_t wanted) {
    uint64_t size = PAGE_SIZE;
    while (size < wanted && size < LARGEST) {
        size *= 2;
    }
    if (wanted == 0 || wanted > LARGEST) {
        return -EINVAL;
    }
    if (size > pipe->size && size > PIPE_UNPRIVILEGED_MAX &&
        !process_capable(process_current(), CAP_SYS_RESOURCE)) {
        return -EPERM;
    }
    int error = pipe_resize(pipe, size);
    return error != 0 ? error : (long)size;
}

static long pipe_size(struct file *file, unsigned int command, uint64_t argument) {
    if (command != F_SETPIPE_SZ && command != F_GETPIPE_SZ) {
        return -ENOSYS;
    }
    if (!file_is_pipe(file)) {
        return -EBADF;
    }
    struct pipe *pipe = file->inode->private;
    return command == F_GETPIPE_SZ ? (long)pipe->size : set_size(pipe, (uint32_t)argument);
}
FCNTL_HOOK(pipe, pipe_size);
