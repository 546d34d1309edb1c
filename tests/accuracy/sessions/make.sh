# packages: make
# programs: /usr/bin/make
# source: make-dfsg
# kind: suite
# part: tests/run_make_tests.pl, all categories
cd "$SOURCE/tests"
sed 's/@CC@/gcc/;s/@USE_SYSTEM_GLOB@/yes/;s/@[A-Z_]*@//' config-flags.pm.in >config-flags.pm
perl -I. ./run_make_tests.pl -make "$BIN/make" -srcdir "$SOURCE" || true
