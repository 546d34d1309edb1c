# packages: php8.4-cli
# programs: /usr/bin/php8.4
# source: php8.4
# kind: suite
# part: run-tests.php over ext/standard/tests/file and general_functions, ext/posix, Zend's generators
cd "$SOURCE"
export TEST_PHP_EXECUTABLE="$BIN/php8.4" NO_INTERACTION=1 TEST_PHP_ARGS=-q
timeout 140 "$BIN/php8.4" run-tests.php -q -p "$BIN/php8.4" ext/posix/tests ext/standard/tests/streams \
    ext/standard/tests/file ext/standard/tests/general_functions 2>&1 | tail -n 100 || true
