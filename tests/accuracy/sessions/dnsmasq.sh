# packages: dnsmasq-base
# programs: /usr/sbin/dnsmasq
# kind: light
# part: answers for names of its own over UDP and TCP; reads its files again; ends
printf '10.0.0.1 one.test\n10.0.0.2 two.test\n' >hosts
dnsmasq --no-resolv --no-hosts --addn-hosts=hosts --port=5300 --listen-address=127.0.0.1 --bind-interfaces \
    --keep-in-foreground --user=root --pid-file=pid --log-queries --log-facility=/session/log &
while ! test -e pid; do sleep 0.2; done
python3 - <<'END'
import socket, struct, time
def query(name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 1, 1)
for name in ("one.test", "two.test", "none.test"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.sendto(query(name), ("127.0.0.1", 5300))
    print(name, s.recv(512)[-4:])
    t = socket.create_connection(("127.0.0.1", 5300), 5)
    q = query(name)
    t.sendall(struct.pack(">H", len(q)) + q)
    print(name, t.recv(512)[-4:])
END
kill -HUP "$(cat pid)"
kill -USR1 "$(cat pid)"
sleep 1
kill "$(cat pid)"
wait
