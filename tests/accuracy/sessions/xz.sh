# packages: xz-utils
# programs: /usr/bin/xz
# source: xz-utils
# kind: suite
# part: tests/test_files.sh, test_compress.sh on its generated files, test_suffix.sh; threads
cd "$SOURCE/tests"
mkdir -p ../src/xz ../src/xzdec
ln -s "$BIN/xz" ../src/xz/xz
printf '#define HAVE_UNISTD_H 1\n#define HAVE_STDBOOL_H 1\n#define HAVE_STDINT_H 1\n#define HAVE_INTTYPES_H 1\n' >config.h
gcc -w -DHAVE_CONFIG_H -I. -I../src/common -o create_compress_files create_compress_files.c || true
rm config.h
export srcdir=.
sh ./test_files.sh || true
sh ./test_suffix.sh || true
for kind in abc random text; do
    sh ./test_compress.sh "compress_generated_$kind" || true
done
cat ../src/liblzma/*/*.c >/tmp/many
xz -T2 --block-size=100KiB -k -v /tmp/many && xz -T2 -l -vv /tmp/many.xz && xz -T2 -tv /tmp/many.xz
