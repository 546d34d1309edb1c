# packages: wget
# programs: /usr/bin/wget
# kind: light
# part: a page, a folder recursively, resume, a name that is not there
mkdir -p www/a/b
head -c 200000 /dev/urandom >www/a/b/data
echo page >www/a/page.html
(cd www && exec python3 -m http.server 8083 --bind 127.0.0.1) &
wget -q --retry-connrefused --waitretry=1 -t 20 http://127.0.0.1:8083/a/page.html
wget -q -r -np http://127.0.0.1:8083/a/
wget -c http://127.0.0.1:8083/a/b/data
wget --progress=bar:force -N -b -o log http://127.0.0.1:8083/a/b/data
wget -q -T 5 -t 1 http://no.such.name.invalid/ || true
kill %1
