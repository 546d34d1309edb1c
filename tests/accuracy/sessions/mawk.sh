# packages: mawk
# programs: /usr/bin/mawk
# source: mawk
# kind: suite
# part: test/mawktest, test/fpe_test, its examples
cd "$SOURCE/test"
export PROG=mawk
sh ./mawktest || true
sh ./fpe_test || true
cd ../examples
ls
