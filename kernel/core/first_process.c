// From the image to process 1: its program, arguments and environment are the packer's, and
// whatever is linked that a process starts with (descriptors, directories) joins in through a set.
#include <linux/resource.h>

#include "arch.h"
#include "exec.h"
#include "file.h"
#include "image.h"
#include "report.h"
#include "string.h"
#include "thread.h"

SET_DECLARE(process_start, process_start_fn);

// The image's argc + envc strings lie one after the other, as the stack will have them.
static struct exec_strings image_strings(void) {
    const char *bytes = (const char *)image_blob + image_blob->argv_offset;
    const char *end = bytes;
    for (uint32_t i = 0; i < image_blob->argc + image_blob->envc; i++) {
        end += strlen(end) + 1;
    }
    return (struct exec_strings){
        .bytes = bytes,
        .size_bytes = (size_t)(end - bytes),
        .argc = image_blob->argc,
        .envc = image_blob->envc,
    };
}

static void name_after(struct thread *thread, const char *path) {
    const char *slash = strrchr(path, '/');
    strlcpy(thread->name, slash == NULL ? path : slash + 1, sizeof(thread->name));
    strlcpy(thread->process->executable, path, sizeof(thread->process->executable));
}

void exec_first_process(void) {
    if (image_blob->magic != IMAGE_MAGIC) {
        panic("no program follows the kernel");
    }
    const char *path = image_name(image_blob->executable_name);
    struct process *process = process_new();
    struct thread *thread = process == NULL ? NULL : thread_new(process);
    struct file *program = image_file_open(path);
    if (thread == NULL || program == NULL) {
        panic("cannot start %s: %s", path, program == NULL ? "not in the image" : "no memory");
    }
    const struct exec_request request = {
        .program = program,
        .path = path,
        .strings = image_strings(),
        .credentials = &process->credentials,
        .stack_limit = process->limits[RLIMIT_STACK].current,
        .open = image_file_open,
    };
    struct exec_result result;
    int error = exec_build(&request, &result);
    if (error != 0) {
        panic("cannot start %s: error %d", path, -error);
    }
    file_release(program);
    process->space = result.space;
    name_after(thread, path);
    SET_FOR_EACH (start, process_start, process_start_fn) {
        (*start)(process);
    }
    arch_regs_init(thread_regs(thread), result.entry, result.sp);
    arch_prepare_user(thread);
    thread_start(thread);
}
