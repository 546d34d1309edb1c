# packages: perl
# programs: /usr/bin/perl
# source: perl
# kind: suite
# part: t/base, t/io, t/op (files, processes, time), and modules' tests of files and sockets
mkdir -p /tmp/lib
# $^X is the emulated file, which this machine cannot start; the wrapper is.
printf 'package Wrapped; BEGIN { $^X = "%s/perl"; } 1;\n' "$BIN" >/tmp/lib/Wrapped.pm
export PERL5OPT="-I/tmp/lib -MWrapped" PERL_CORE=0
# The tests take their modules from ../lib, where a build would put them.
mv "$SOURCE/lib" "$SOURCE/lib.source"
mkdir "$SOURCE/lib"
for modules in "$ROOT"/usr/share/perl/5.*.* "$ROOT"/usr/lib/*/perl/5.*.* "$ROOT"/usr/lib/*/perl-base; do
    cp -as --remove-destination "$modules/." "$SOURCE/lib/"
done
cd "$SOURCE/t"
for test in base/*.t io/*.t op/fork.t op/exec.t op/stat.t op/filetest.t op/chdir.t op/kill0.t op/alarm.t \
    op/time.t op/sleep.t op/getppid.t op/getpid.t op/readline.t op/sysio.t op/glob.t op/die_exit.t \
    op/rand.t op/sselect.t op/chown.t op/umask.t op/utf8cache.t op/magic.t op/groups.t op/sort.t \
    op/threads.t op/exists_sub.t op/sprintf.t op/pack.t op/hash.t op/eval.t op/closure.t re/pat.t; do
    echo "$test: $(timeout 15 "$BIN/perl" "$test" 2>/dev/null | grep -c '^ok') ok"
done
cd "$SOURCE/dist"
for test in IO/t/*.t ../cpan/Socket/t/*.t ../cpan/Time-HiRes/t/*.t threads/t/basic.t; do
    echo "$test: $(timeout 15 "$BIN/perl" "$test" 2>/dev/null | grep -c '^ok') ok"
done
