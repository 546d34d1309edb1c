# GNU tests that are shell or Perl scripts around gnulib's init.sh, each as `make check` starts it.
# A test says by its exit status what it found; that it ran is what matters here.

# gnu_environment TOP FOLDER PROGRAMS VERSION: what Automake's TESTS_ENVIRONMENT would set.
gnu_environment() {
    export abs_top_srcdir="$1" abs_top_builddir="$1" abs_srcdir="$1/$2" top_srcdir="$1"
    export built_programs="$3" VERSION="$4" PACKAGE_VERSION="$4" PACKAGE_BUGREPORT=bug@example.org
    export LC_ALL=C LOCALE_FR=none LOCALE_FR_UTF8=none LOCALE_JA=none AWK=awk CC=gcc MAKE=make
    export PERL=perl SHELL=/bin/sh CONFIG_HEADER="$1/config.h" EGREP='grep -E' host_os=linux-gnu
    export host_triplet="$ARCH-unknown-linux-gnu" TMPDIR=/tmp PCRE_WORKS=1 REPLACE_GETCWD=0
    export top_builddir="$1" EXEEXT=
    touch "$1/config.h"
    mkdir -p "$1/src" /tmp/no
    # This machine's valgrind knows the wrapper's shell only: without one, the tests leave it out.
    printf '#!/bin/sh\nexit 1\n' >/tmp/no/valgrind
    chmod +x /tmp/no/valgrind
    PATH="/tmp/no:$PATH"
}

# gnu_test SECONDS FILE...: each in its turn; those in Perl load the modules beside them.
gnu_test() {
    seconds=$1
    shift
    for test in "$@"; do
        case $test in
        *.pl) set -- perl -w -I"$srcdir" -MCuSkip -MCoreutils -M"CuTmpdir qw($test)" "$test" ;;
        *) set -- sh "$test" ;;
        esac
        status=0
        timeout "$seconds" "$@" </dev/null >/tmp/test.out 2>&1 9>&2 || status=$?
        echo "$test: $status"
        if test "$status" != 0 && test "$status" != 77; then
            tail -n 3 /tmp/test.out
        fi
    done
}
