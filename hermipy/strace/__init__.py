"""`run --strace`: what the kernel tells of every system call, in the words of strace(1).

The order to read: `calls` says for each argument what it is, from which come both the plan that the
kernel copies memory by (kernel/core/trace.c) and the text; `kinds` and `structures` make the text;
`lines` puts it together as strace does. The format is strace 6.1's.
"""
