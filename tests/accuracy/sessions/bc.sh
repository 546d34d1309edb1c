# packages: bc
# programs: /usr/bin/bc
# source: bc
# kind: suite
# part: Test/*.b, Examples/*.b
cd "$SOURCE/Test"
for test in *.b; do
    echo "$test: $(timeout 20 "$BIN/bc" -l "$test" </dev/null 2>&1 | tail -n 1)"
done
sed '/[Ii]nteract/d' timetest >timing
timeout 20 "$BIN/bc" -l ../Examples/pi.b ../Examples/primes.b </dev/null || true
printf '3 + 4\nread()\n5\nfor (i = 0; i < 100; i++) 2 ^ i\nquit\n' | "$BIN/bc" -i
