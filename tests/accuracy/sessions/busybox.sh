# packages: busybox-static
# programs: /usr/bin/busybox
# source: busybox
# kind: suite
# part: testsuite/runtest for all applets; shell/ash_test/run-all
cd "$SOURCE"
sed -n 's/^[ \t/]*config:config \([A-Z0-9_]*\).*/CONFIG_\1=y/p' $(find . -name '*.c') >.config
sed -n 's/^config \([A-Z0-9_]*\).*/CONFIG_\1=y/p' $(find . -name 'Config.in' -o -name '*.src') >>.config
ln -s "$BIN/busybox" busybox
cd testsuite
bindir="$SOURCE" timeout 90 ./runtest 2>&1 | grep -a '^PASS\|^FAIL' || true
cd ../shell/ash_test
ln -s "$BIN/busybox" ash
timeout 50 sh ./run-all 2>&1 | tail -n 100 || true
