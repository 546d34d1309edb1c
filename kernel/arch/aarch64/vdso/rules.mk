# The vDSO is the app's code: its ABI, its registers, position independent. vdso.S takes it into the kernel as bytes.
VDSO_aarch64 := kernel/vdso/clock.c $(wildcard kernel/arch/aarch64/vdso/*.S)

build/aarch64/gen/vdso.so: $(VDSO_aarch64) $(wildcard kernel/arch/aarch64/vdso/*) \
		kernel/arch/aarch64/arch_defs.h kernel/include/vdso_data.h kernel/include/clock.h
	@mkdir -p $(@D)
	clang --target=aarch64-linux-gnu -std=gnu11 -O2 -fPIC \
		-ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fvisibility=default \
		-Wall -Wextra -Werror -nostdlibinc -idirafter /usr/aarch64-linux-gnu/include \
		-Ikernel/include -Ikernel/arch/aarch64 -Ikernel/arch/aarch64/vdso \
		-shared -nostdlib -fuse-ld=lld -Wl,-T,kernel/arch/aarch64/vdso/vdso.lds -Wl,--no-undefined \
		-Wl,--hash-style=sysv -Wl,-soname,linux-vdso.so.1 -Wl,-z,rodynamic -Wl,-z,max-page-size=4096 \
		-Wl,--build-id=none -Wl,--strip-all $(VDSO_aarch64) -o $@

build/aarch64/obj/arch/aarch64/vdso.S.o: build/aarch64/gen/vdso.so
