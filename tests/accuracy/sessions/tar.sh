# packages: tar
# programs: /usr/bin/tar
# source: tar
# kind: suite
# part: tests/testsuite, all groups that end in the time
cd "$SOURCE/tests"
cat >atconfig <<'END'
at_testdir='tests'
abs_builddir=$PWD
at_srcdir='.'
abs_srcdir=$PWD
at_top_srcdir='..'
abs_top_srcdir=$PWD/..
at_top_build_prefix='../'
abs_top_builddir=$PWD/..
at_top_builddir=$at_top_build_prefix
EXEEXT=''
AUTOTEST_PATH='tests'
END
sed 's/@[A-Z_]*@//' atlocal.in >atlocal
sh ./testsuite --jobs=1 2>&1 | tail -n 250 || true
