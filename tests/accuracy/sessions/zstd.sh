# packages: zstd
# programs: /usr/bin/zstd
# source: libzstd
# kind: suite
# part: tests/playTests.sh for as long as the time lasts
cd "$SOURCE/tests"
gcc -w -O1 -I../programs -I../lib/common -I../lib -o datagen datagencli.c loremOut.c ../programs/lorem.c \
    ../programs/datagen.c || gcc -w -O1 -I../programs -I../lib/common -I../lib -o datagen datagencli.c ../programs/*orem*.c ../programs/datagen.c loremOut.c
export ZSTD_BIN="$BIN/zstd" DATAGEN_BIN="$PWD/datagen" EXE_PREFIX= 
sh ./playTests.sh 2>&1 | tail -n 200 || true
