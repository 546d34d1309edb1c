# packages: bzip2
# programs: /usr/bin/bzip2
# source: bzip2
# kind: suite
# part: the Makefile's tests on sample1 to 3
cd "$SOURCE"
for level in 1 2 3; do
    bzip2 -"$level" <"sample$level.ref" >"/tmp/sample$level.rb2"
    cmp "sample$level.bz2" "/tmp/sample$level.rb2"
    bzip2 -d <"sample$level.bz2" >"/tmp/sample$level.tst"
    cmp "/tmp/sample$level.tst" "sample$level.ref"
done
bzip2 -ds <sample3.bz2 >/tmp/sample3.tst
bzip2 -kvf sample1.ref sample2.ref
bzip2 -tvv sample1.ref.bz2 sample1.bz2
bzip2 -dkf sample2.ref.bz2
bzip2 -k sample1.ref || true
