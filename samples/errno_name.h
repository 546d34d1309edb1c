// The names of errors, where what a call gives is part of what a sample prints: musl has no
// strerrorname_np(3).
#pragma once

#include <errno.h>
#include <string.h>

static inline const char *errno_name(long result) {
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {EACCES, "EACCES"},           {EADDRINUSE, "EADDRINUSE"}, {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
        {EAFNOSUPPORT, "EAFNOSUPPORT"}, {EAGAIN, "EAGAIN"},         {EBADF, "EBADF"},
        {ECANCELED, "ECANCELED"},     {ECONNREFUSED, "ECONNREFUSED"}, {ECONNRESET, "ECONNRESET"},
        {EDESTADDRREQ, "EDESTADDRREQ"}, {EDOM, "EDOM"},             {EEXIST, "EEXIST"},
        {EFAULT, "EFAULT"},           {EINTR, "EINTR"},           {EINVAL, "EINVAL"},
        {EIO, "EIO"},                 {EISCONN, "EISCONN"},       {ELOOP, "ELOOP"},
        {EMFILE, "EMFILE"},           {EMSGSIZE, "EMSGSIZE"},     {ENOENT, "ENOENT"},
        {ENOMEM, "ENOMEM"},
        {ENOPROTOOPT, "ENOPROTOOPT"}, {ENOTCONN, "ENOTCONN"},     {ENOTSOCK, "ENOTSOCK"},
        {ENOTTY, "ENOTTY"},           {ENXIO, "ENXIO"},           {EOPNOTSUPP, "EOPNOTSUPP"},
        {EPERM, "EPERM"},             {EPIPE, "EPIPE"},           {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
        {EPROTOTYPE, "EPROTOTYPE"},   {ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT"}, {ESPIPE, "ESPIPE"},
    };
    if (result >= 0) {
        return "works";
    }
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].number == errno) {
            return names[i].name;
        }
    }
    return strerror(errno);
}
