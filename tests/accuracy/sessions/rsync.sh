# packages: rsync
# programs: /usr/bin/rsync
# kind: light
# part: a tree copied, changed, copied again with checksums; a daemon
mkdir -p from/a/b
seq 20000 >from/a/numbers
head -c 500000 /dev/urandom >from/a/b/noise
ln -s numbers from/a/link
rsync -a from/ to/
echo more >>from/a/numbers
rsync -avzc --delete --stats from/ to/
printf 'port = 8730\naddress = 127.0.0.1\nuse chroot = no\n[m]\npath = /session/to\nread only = no\n' >conf
rsync --daemon --config conf --no-detach &
sleep 2
rsync -a rsync://127.0.0.1:8730/m/ back/ || true
rsync rsync://127.0.0.1:8730/ || true
kill %1
