# packages: netcat-openbsd
# programs: /usr/bin/nc.openbsd
# kind: light
# part: TCP, UDP and Unix sockets in both directions, a scan
head -c 100000 /dev/urandom >data
"$BIN/nc.openbsd" -N -l 127.0.0.1 9200 >got <data &
sleep 1
"$BIN/nc.openbsd" -N 127.0.0.1 9200 <data | wc -c
wait
"$BIN/nc.openbsd" -U -l sock >got &
sleep 1
echo unix | "$BIN/nc.openbsd" -N -U sock
"$BIN/nc.openbsd" -u -l 127.0.0.1 9201 >got &
sleep 1
echo udp | "$BIN/nc.openbsd" -u -w 1 127.0.0.1 9201
"$BIN/nc.openbsd" -v -z -w 1 127.0.0.1 9200-9203 || true
