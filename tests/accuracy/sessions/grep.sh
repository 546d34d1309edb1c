# packages: grep
# programs: /usr/bin/grep
# source: grep
# kind: suite
# part: tests/* that are shell scripts, each for at most 8 seconds
. "${0%/*}/parts/gnu.sh"
gnu_environment "$SOURCE" tests grep 3.11
cd "$SOURCE/tests"
export srcdir=.
gnu_test 8 $(grep -l '^#! */bin/sh' * | grep -v 'init.sh\|\.mk$')
