// What kernel/fs and its system calls stand on, for tests under the host's sanitizers: memory that
// can run out, a small image tree, user memory that is the test's own.
#pragma once

#include "host_test.h"
#include "types.h"

// Process 1 with its working directory in the root of the image's tree: /file (5000 bytes),
// /folder/inner, /link -> file.
void host_fs_start(void);
size_t host_fs_in_use(void);           // heap blocks and pages
void host_fs_fail_after(size_t count); // so many more requests for memory succeed; SIZE_MAX: all

// The system calls as the dispatcher sees them: registers. The app's addresses are the test's own.
long sys_openat(long a0, long a1, long a2, long a3);
long sys_close(long a0);
long sys_read(long a0, long a1, long a2);
long sys_write(long a0, long a1, long a2);
long sys_pread64(long a0, long a1, long a2, long a3);
long sys_pwrite64(long a0, long a1, long a2, long a3);
long sys_sendfile(long a0, long a1, long a2, long a3);
long sys_copy_file_range(long a0, long a1, long a2, long a3, long a4, long a5);
long sys_inotify_init1(long a0);
long sys_inotify_add_watch(long a0, long a1, long a2);
long sys_setxattr(long a0, long a1, long a2, long a3, long a4);
long sys_removexattr(long a0, long a1);
long sys_flistxattr(long a0, long a1, long a2);
long sys_splice(long a0, long a1, long a2, long a3, long a4, long a5);
long sys_tee(long a0, long a1, long a2, long a3);
long sys_truncate(long a0, long a1);
long sys_ftruncate(long a0, long a1);
long sys_fallocate(long a0, long a1, long a2, long a3);
long sys_lseek(long a0, long a1, long a2);
long sys_mkdirat(long a0, long a1, long a2);
long sys_unlinkat(long a0, long a1, long a2);
long sys_linkat(long a0, long a1, long a2, long a3, long a4);
long sys_symlinkat(long a0, long a1, long a2);
long sys_mknodat(long a0, long a1, long a2, long a3);
long sys_renameat2(long a0, long a1, long a2, long a3, long a4);
long sys_newfstatat(long a0, long a1, long a2, long a3);
long sys_readlinkat(long a0, long a1, long a2, long a3);
long sys_getdents64(long a0, long a1, long a2);
long sys_chdir(long a0);
long sys_getcwd(long a0, long a1);
long sys_pipe2(long a0, long a1);
long sys_fchmodat(long a0, long a1, long a2);
long sys_fchmod(long a0, long a1);
long sys_fchownat(long a0, long a1, long a2, long a3, long a4);
long sys_fchown(long a0, long a1, long a2);
long sys_utimensat(long a0, long a1, long a2, long a3);
long sys_statx(long a0, long a1, long a2, long a3, long a4);
long sys_fstat(long a0, long a1);
long sys_dup(long a0);
long sys_dup3(long a0, long a1, long a2);
long sys_fcntl(long a0, long a1, long a2);
long sys_flock(long a0, long a1);
long sys_memfd_create(long a0, long a1);
long sys_fsync(long a0);
long sys_umask(long a0);
long sys_faccessat(long a0, long a1, long a2);
long sys_statfs(long a0, long a1);
long sys_fchdir(long a0);
