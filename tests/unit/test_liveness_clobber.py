"""The liveness analysis against the processor: what it calls dead is overwritten at every site.

Each site of a static glibc program goes through a stub that runs the instruction, fills the
registers that are dead there with rubbish and goes back. Under qemu-user the program must print
what it printed before.
"""

from __future__ import annotations

import dataclasses
import subprocess
from typing import TYPE_CHECKING

from hermipy import elf, liveness, rewrite, scan
from hermipy.arch import direct
from hermipy.arch.riscv64 import T_REGISTERS

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SOURCE = r"""
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int done;

static void *work(void *argument) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    pthread_mutex_lock(&lock);
    done += *(int *)argument;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    return argument;
}

static void handler(int number) { printf("signal %d\n", number); }

int main(void) {
    int numbers[4] = {1, 2, 3, 4}, status = 0;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, work, &numbers[i]);
    pthread_mutex_lock(&lock);
    while (done != 10) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
    if (fork() == 0) _exit(7);
    wait(&status);
    FILE *pipe = popen("echo from a shell", "r");
    char line[64] = "";
    if (pipe && fgets(line, sizeof line, pipe)) printf("%s", line);
    char name[] = "/tmp/clobberXXXXXX";
    int file = mkstemp(name);
    printf("%d %d %zd %s\n", done, WEXITSTATUS(status), write(file, line, 9), strerror(errno));
    unlink(name);
    free(realloc(malloc(100000), 5000000));
    return pclose(pipe) + 3;
}
"""
NUMBERS = {**T_REGISTERS, "ra": 1, "x16": 16, "x17": 17}


def overwrite(arch: str, register: str) -> int:
    """An instruction that fills a register with rubbish."""
    if register == "nzcv":
        return 0xEB1F_03FF  # cmp xzr, xzr
    if arch == "riscv64":
        return 0x37 | NUMBERS[register] << 7 | 0xDEAD1 << 12  # lui
    return 0xD280_0000 | 0xDEAD << 5 | NUMBERS[register]  # movz


def jump_back(arch: str, distance: int) -> int:
    if arch == "aarch64":
        return 0x1400_0000 | distance // 4 & 0x3FF_FFFF
    bits = distance & 0x1F_FFFF
    scattered = (bits >> 20) << 31 | (bits >> 1 & 1023) << 21 | (bits >> 11 & 1) << 20
    return 0x6F | scattered | (bits >> 12 & 255) << 12


def test_rubbish_in_dead_registers_changes_nothing(
    arch: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, clobbered = tmp_path / "program", tmp_path / "clobbered"
    gcc = [f"{arch}-linux-gnu-gcc", "-O2", "-static", "-x", "c", "-", "-o", program]
    subprocess.run(gcc, input=SOURCE.encode(), check=True)
    file = elf.read(program)
    found = scan.scan(file)
    dead = {c.site.address: liveness.dead_registers(file, c.site) for c in found.calls}
    way = direct.BY_ARCH[arch]

    def stub(site: int, at: int) -> bytes:
        words = [int.from_bytes(way.trap, "little")]
        words += [overwrite(arch, register) for register in sorted(dead[site])]
        words.append(jump_back(arch, site + 4 - at - 4 * len(words)))
        return b"".join(word.to_bytes(4, "little") for word in words).ljust(64, b"\0")

    clobbering = dataclasses.replace(way, stub_size=64, identity_stub=stub)
    monkeypatch.setitem(direct.BY_ARCH, arch, clobbering)
    subject = rewrite.Subject(file.data, arch, found.calls, lambda site: dead[site.address])
    plan = rewrite.make_identity_plan(subject)
    clobbered.write_bytes(rewrite.apply(file.data, plan))
    clobbered.chmod(0o755)
    assert sum(bool(registers) for registers in dead.values()) > 0.9 * len(dead)
    outputs = [
        subprocess.run([f"qemu-{arch}", path], capture_output=True, timeout=60, check=False)
        for path in (program, clobbered)
    ]
    assert outputs[0].stdout.startswith(b"signal 10\nfrom a shell\n10 7 9")
    assert (outputs[1].stdout, outputs[1].returncode) == (outputs[0].stdout, outputs[0].returncode)
