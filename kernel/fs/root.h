// What subsystems put into the tree at boot, where the image has not put something else.
#pragma once

#include "types.h"

struct inode;

void root_make(const char *directory, const char *name, mode_t mode, uint64_t rdev);
void root_make_link(const char *directory, const char *name, const char *target);
// Consumes the reference; `type` is kept (root_mount.c).
void root_mount(const char *type, const char *directory, struct inode *root);

// A directory of the root, made when it is missing. One reference; NULL: something else has the
// name.
struct inode *root_directory(const char *name);
bool root_exists(struct inode *dir, const char *name);
