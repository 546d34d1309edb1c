# packages: jq
# programs: /usr/bin/jq
# source: jq
# kind: suite
# part: tests/*test (jq, man, manonig, onig, base64, optional, shell, utf8)
cd "$SOURCE/tests"
export JQ="$BIN/jq" NO_VALGRIND=1
for suite in jqtest mantest manonigtest onigtest base64test optionaltest shtest utf8test; do
    timeout 60 sh "./$suite" 2>&1 | tail -n 5 || true
done
