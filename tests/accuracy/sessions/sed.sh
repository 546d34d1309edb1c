# packages: sed
# programs: /usr/bin/sed
# source: sed
# kind: suite
# part: testsuite/*.sh and *.pl but those that need programs of its own build
. "${0%/*}/parts/gnu.sh"
gnu_environment "$SOURCE" testsuite sed 4.9
cd "$SOURCE"
export srcdir=. abs_top_builddir="$SOURCE"
gnu_test 30 testsuite/*.sh
srcdir=testsuite
gnu_test 40 testsuite/*.pl
