// The exit status is the low eight bits of what main returns.
//
// syscalls: exit_group
// status: 42

int main(void) {
    return 256 + 42;
}
