# Names, walks, the memory file system and its system calls under the host's sanitizers: `make -f kernel/test/host/fs.mk`,
# from the repository's root. fs_test runs one named test.

# clang's sanitizers are a package of their own (libclang-rt-*-dev); gcc brings its own, but knows no address spaces.
HOST_CC := $(shell echo 'int main(void){}' | clang -fsanitize=address -x c - -o /dev/null 2>/dev/null && \
	echo clang || echo gcc -Wno-attributes)
HOST := build/host
HOST_GEN := $(HOST)/gen/syscalls_gen.h
FS_CALLS := access allocate close copy_range directory dup fcntl flock fstat getcwd getdents inotify link make memfd mode open \
	owner pipe pread preadv read readlink rename seek sendfile space splice stat sync times truncate umask unlink write xattr
FS_KERNEL := kernel/core/tree.c kernel/core/format.c kernel/mm/uio.c \
	$(filter-out %/tty_device.c %/random_device.c %/proc_sys.c,$(wildcard kernel/fs/*.c)) $(FS_CALLS:%=kernel/sys/%.c)
FS_TESTS := $(wildcard kernel/test/host/fs_*.c) kernel/test/host/runner.c
# The sanitizer puts room between globals, but the entries of a linker set have to touch.
FS_GLOBALS := $(if $(findstring clang,$(HOST_CC)),-mllvm -asan-globals=0,--param asan-globals=0)
FS_FLAGS := -std=gnu11 -ffreestanding -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -no-pie -fno-sanitize=pointer-overflow -Wall -Wextra -Wshadow -Werror \
	-Ikernel/test/host/arch -Ikernel/test/host -Ikernel/core -Ikernel/include -I$(HOST)/gen $(FS_GLOBALS)

$(HOST)/fs_test: $(FS_KERNEL) $(FS_TESTS) $(HOST_GEN) kernel/test/host/fs_sets.ld kernel/test/host/fs.mk \
		$(wildcard kernel/include/*.h kernel/fs/*.h kernel/test/host/*.h kernel/test/host/arch/*.h)
	$(HOST_CC) $(FS_FLAGS) -Wl,-T,kernel/test/host/fs_sets.ld -o $@.$$$$ $(FS_TESTS) $(FS_KERNEL) && mv $@.$$$$ $@

$(HOST_GEN): hermipy/table.py hermipy/generate/header.py $(wildcard syscall_table/*.toml)
	@mkdir -p $(@D)
	PYTHONPATH=. python3 -m hermipy.generate.header riscv64 $@
