# packages: findutils
# programs: /usr/bin/find /usr/bin/xargs
# source: findutils
# kind: suite
# part: tests/find/*.sh, tests/misc/*.sh, tests/xargs/*.sh
. "${0%/*}/parts/gnu.sh"
gnu_environment "$SOURCE" tests 'find xargs' 4.10.0
cd "$SOURCE"
export srcdir=.
gnu_test 60 tests/find/*.sh tests/misc/*.sh tests/xargs/*.sh
