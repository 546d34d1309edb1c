# packages: coreutils
# programs: /usr/bin/sort /usr/bin/ls /usr/bin/cp /usr/bin/mv /usr/bin/rm /usr/bin/tail /usr/bin/dd /usr/bin/du /usr/bin/stat
# source: coreutils
# kind: suite
# part: tests/{sort,ls,cp,mv,rm,tail,dd,du,stat} in sh, each for at most 8 seconds
. "${0%/*}/parts/gnu.sh"
gnu_environment "$SOURCE" tests 'sort ls cp mv rm tail dd du stat' 9.7
cd "$SOURCE"
export srcdir=.
gnu_test 8 tests/sort/*.sh tests/ls/*.sh tests/cp/*.sh tests/mv/*.sh tests/rm/*.sh tests/tail/*.sh \
    tests/dd/*.sh tests/du/*.sh tests/stat/*.sh
