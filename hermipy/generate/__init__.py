"""What is derived from the syscall table as text: C for the kernel's build, Markdown for docs."""
