# packages: gzip
# programs: /usr/bin/gzip
# source: gzip
# kind: suite
# part: tests/* (its scripts zgrep, znew and so on made from the source, around the packaged gzip)
. "${0%/*}/parts/gnu.sh"
gnu_environment "$SOURCE" tests gzip 1.13
cd "$SOURCE"
for script in gunzip zcat zcmp zdiff zegrep zfgrep zforce zgrep zmore znew gzexe; do
    sed -e 's,@GREP@,grep,;s,@VERSION@,1.13,;s,/bin/sh,/bin/sh,' -e "s,'gzip',gzip,g" "$script.in" >"$script"
    chmod +x "$script"
done
cd tests
export srcdir=. GZIP=
unset GZIP
gnu_test 60 $(grep -l '^#! */bin/sh' * | grep -v 'init.sh')
