# packages: diffutils
# programs: /usr/bin/diff /usr/bin/cmp /usr/bin/diff3 /usr/bin/sdiff
# source: diffutils
# kind: suite
# part: tests/*
. "${0%/*}/parts/gnu.sh"
gnu_environment "$SOURCE" tests 'cmp diff diff3 sdiff' 3.10
cd "$SOURCE/tests"
export srcdir=.
gnu_test 60 $(grep -l '^#! */bin/sh' * | grep -v 'init.sh')
printf 'l\nr\nq\n' | sdiff -o /tmp/merged init.sh init.cfg >/dev/null || true
