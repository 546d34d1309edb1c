// mremap(2)'s work: resizing in place where there is room, else moving page-table entries, never
// bytes.

#include <linux/errno.h>

#include "layout.h"
#include "pagetable.h"

static int may_resize(const struct address_space *space, const struct vm_area *area,
                      const struct vm_remap *remap) {
    if (remap->old_size == 0 && (area->flags & VM_SHARED) == 0) {
        return -EINVAL; // only a shared mapping can be had twice
    }
    bool special = (area->flags & VM_VDSO) != 0;
    if (remap->old_size > area->end - remap->old_address ||
        (special && remap->new_size > remap->old_size)) {
        return -EFAULT;
    }
    if (special && remap->keep) {
        return -EINVAL;
    }
    uint64_t added = remap->keep ? remap->new_size : remap->new_size - remap->old_size;
    if (added == 0) {
        return 0;
    }
    int error = vm_may_add(space, added, area->prot, area->flags);
    return error != 0 ? error : vm_may_commit(added, area->prot, area->flags);
}

// The new home of what is at old_address, empty yet.
static struct vm_area *new_home(struct address_space *space, const struct vm_area *area,
                                const struct vm_remap *remap, uint64_t target) {
    struct vm_area *home = area_new(area);
    if (home == NULL) {
        return NULL;
    }
    home->start = target;
    home->end = target + remap->new_size;
    if (home->file != NULL) {
        home->file_offset += remap->old_address - area->start;
    }
    if ((home->flags & VM_HEAP) != 0) {
        home->flags &= ~(uint32_t)VM_HEAP;
        home->name = NULL;
    }
    area_insert(space, home);
    return home;
}

static int leave_old_home(struct address_space *space, const struct vm_remap *remap) {
    if (remap->keep) {
        return vm_set_flags(space, remap->old_address, remap->old_size, 0, VM_LOCKED);
    }
    return remap->old_size == 0 ? 0 : vm_unmap(space, remap->old_address, remap->old_size);
}

static int64_t move(struct address_space *space, const struct vm_remap *remap, uint64_t target) {
    struct vm_area *area = vm_find(space, remap->old_address);
    if (space->area_count >= VM_AREA_MAX - 3) {
        return -ENOMEM;
    }
    // Cut out first: nothing after the move may fail.
    if (remap->old_size != 0) {
        area = area_isolate(space, area, remap->old_address, remap->old_address + remap->old_size);
    }
    struct vm_area *home = area == NULL ? NULL : new_home(space, area, remap, target);
    if (home == NULL) {
        return -ENOMEM;
    }
    if (pt_move(space, remap->old_address, target, MIN(remap->old_size, remap->new_size)) != 0) {
        (void)vm_unmap(space, target, remap->new_size);
        return -ENOMEM;
    }
    if (space->vdso_base == remap->old_address && (home->flags & VM_VDSO) != 0) {
        space->vdso_base = target;
    }
    bool locked = (home->flags & VM_LOCKED) != 0;
    int error = leave_old_home(space, remap);
    area_merge(space, home);
    if (locked) {
        (void)vm_populate(space, target, remap->new_size);
    }
    return error != 0 ? error : (int64_t)target;
}

static bool ranges_overlap(const struct vm_remap *remap) {
    return remap->old_address + remap->old_size > remap->new_address &&
           remap->new_address + remap->new_size > remap->old_address;
}

static int64_t remap_fixed(struct address_space *space, struct vm_remap *remap) {
    if ((remap->new_address & ~PAGE_MASK) != 0 || remap->new_size > USER_END ||
        remap->new_address > USER_END - remap->new_size || ranges_overlap(remap)) {
        return -EINVAL;
    }
    if (remap->new_address < USER_START) {
        return -EPERM;
    }
    int error = vm_unmap(space, remap->new_address, remap->new_size);
    if (error == 0 && remap->old_size > remap->new_size) {
        uint64_t tail = remap->old_size - remap->new_size;
        error = vm_unmap(space, remap->old_address + remap->new_size, tail);
        remap->old_size = remap->new_size;
    }
    if (error == 0) {
        error = may_resize(space, vm_find(space, remap->old_address), remap);
    }
    return error != 0 ? error : move(space, remap, remap->new_address);
}

static bool grow_in_place(struct address_space *space, struct vm_area *area,
                          const struct vm_remap *remap) {
    uint64_t end = remap->old_address + remap->new_size;
    const struct vm_area *after = area_after(space, area);
    if (remap->old_address + remap->old_size != area->end || remap->old_size == 0 ||
        end > USER_END || end < area->end || (after != NULL && area_guarded_start(after) < end)) {
        return false;
    }
    uint64_t added = area->end;
    area_resize(space, area, area->start, end);
    area = area_merge(space, area);
    if ((area->flags & VM_LOCKED) != 0) {
        (void)vm_populate(space, added, end - added);
    }
    return true;
}

static int64_t move_anywhere(struct address_space *space, const struct vm_remap *remap) {
    uint64_t target = remap->new_size > USER_END
                          ? 0
                          : area_find_gap(space, remap->new_size, USER_START, space->mmap_top);
    if (target == 0) {
        return -ENOMEM;
    }
    return move(space, remap, target);
}

int64_t vm_remap(struct address_space *space, const struct vm_remap *asked) {
    struct vm_remap remap = *asked;
    struct vm_area *area = vm_find(space, remap.old_address);
    if (area == NULL) {
        return -EFAULT;
    }
    if (remap.fixed) {
        return remap_fixed(space, &remap);
    }
    if (!remap.keep && remap.old_size >= remap.new_size) {
        uint64_t tail = remap.old_size - remap.new_size;
        int error = tail == 0 ? 0 : vm_unmap(space, remap.old_address + remap.new_size, tail);
        return error != 0 ? error : (int64_t)remap.old_address;
    }
    int error = may_resize(space, area, &remap);
    if (error != 0) {
        return error;
    }
    if (!remap.keep && grow_in_place(space, area, &remap)) {
        return (int64_t)remap.old_address;
    }
    return remap.may_move ? move_anywhere(space, &remap) : -ENOMEM;
}
