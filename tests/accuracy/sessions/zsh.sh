# packages: zsh
# programs: /usr/bin/zsh
# source: zsh
# kind: suite
# part: Test/*.ztst but those of the editor, each for at most 12 seconds
cd "$SOURCE/Test"
export ZTST_exe="$BIN/zsh" ZTST_srcdir="$SOURCE/Test" ZTST_testdir="$SOURCE/Test"
for test in A*.ztst B*.ztst C*.ztst D*.ztst E*.ztst V*.ztst; do
    timeout 12 "$BIN/zsh" +Z -f ./ztst.zsh "$test" 2>&1 | tail -n 1 || true
done
