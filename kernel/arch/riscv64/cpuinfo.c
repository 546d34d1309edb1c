// /proc/cpuinfo, in the words of Linux's arch/riscv/kernel/cpu.c. It tells what hwcap.c and
// hwprobe.c tell; V and newer extensions stay out here too.
#include "proc_text.h"

void proc_cpuinfo(struct proc_text *text, UNUSED const struct proc_subject *subject) {
    static const char isa[] = "rv64imafdc_zicntr_zicsr_zifencei_zihpm";
    proc_add(text, "processor\t: 0\nhart\t\t: 0\nisa\t\t: %s\nmmu\t\t: sv39\n", isa);
    proc_add(text, "mvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\nhart isa\t: %s\n\n", isa);
}
