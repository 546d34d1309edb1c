# packages: gobuster
# programs: /usr/bin/gobuster
# kind: light
# part: a local server's folders from a list of words; names that are not there
mkdir -p www/admin
python3 -m http.server 8086 --bind 127.0.0.1 --directory www &
. "${0%/*}/parts/http.sh"
http http://127.0.0.1:8086/
seq 300 >words
echo admin >>words
gobuster dir -q -t 4 -u http://127.0.0.1:8086/ -w words || true
gobuster dns -q -t 2 -d local.invalid -w words --timeout 1s || true
kill %1
