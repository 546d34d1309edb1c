// What socket calls pass. Linux keeps these in include/linux/socket.h and net.h, outside of what
// it installs for programs; the C libraries have their own copies (socket(2), send(2), cmsg(3)).
#pragma once

#include "types.h"

enum { AF_UNSPEC = 0, AF_UNIX = 1, AF_LIMIT = 46 };
enum { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_SEQPACKET = 5, SOCK_LIMIT = 11 };
enum { SOCK_TYPE_MASK = 0xf };
enum { SHUT_RD = 0, SHUT_WR = 1, SHUT_RDWR = 2 };
enum { BACKLOG_MAX = 4096 }; // /proc/sys/net/core/somaxconn

enum {
    MSG_OOB = 0x1,
    MSG_PEEK = 0x2,
    MSG_CTRUNC = 0x8,
    MSG_TRUNC = 0x20,
    MSG_DONTWAIT = 0x40,
    MSG_WAITALL = 0x100,
    MSG_ERRQUEUE = 0x2000,
    MSG_NOSIGNAL = 0x4000,
    MSG_WAITFORONE = 0x10000,
    MSG_CMSG_CLOEXEC = 0x40000000,
};

enum { SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, SCM_MAX_FD = 253 };

struct ucred {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

struct msghdr {
    void __user *name;
    int32_t name_length;
    struct iovec __user *vectors;
    size_t vector_count;
    void __user *control;
    size_t control_length;
    uint32_t flags;
};

struct mmsghdr {
    struct msghdr message;
    uint32_t length;
};

struct cmsghdr {
    size_t length; // with this header
    int32_t level, type;
};

struct linger {
    int32_t on, seconds;
};
