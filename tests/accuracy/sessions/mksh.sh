# packages: mksh
# programs: /usr/bin/mksh
# source: mksh
# kind: suite
# part: check.t by check.pl
cd "$SOURCE"
perl ./check.pl -s ./check.t -p "$BIN/mksh" -C shell:legacy-no,int:32,shell:textmode-no,shell:binmode-yes,fastbox || true
