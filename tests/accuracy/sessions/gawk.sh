# packages: gawk
# programs: /usr/bin/gawk
# source: gawk
# kind: suite
# part: test/Makefile's tests of the language and of gawk's extensions
cd "$SOURCE/test"
sed -e 's/@SET_MAKE@//;s/@srcdir@/./g;s/^@[A-Z_]*@//;s/= @[A-Za-z_]*@/=/' Makefile.in >Makefile
awk='LC_ALL=${GAWKLOCALE:-C} LANG=${GAWKLOCALE:-C} gawk'
timeout 140 make -k SHELL=/bin/sh srcdir=. abs_srcdir="$SOURCE/test" top_srcdir=.. abs_top_srcdir=.. \
    AWK="$awk" AWKPROG=gawk CMP=cmp basic-msg-start basic unix-tests gawk-extensions locale-tests 2>&1 |
    tail -n 300 || true
