# packages: socat
# programs: /usr/bin/socat
# kind: light
# part: TCP, UDP, Unix sockets, pipes, a program and a pseudo terminal joined
socat -u TCP-LISTEN:9100,bind=127.0.0.1,reuseaddr,fork CREATE:out &
sleep 1
echo over tcp | socat -u - TCP:127.0.0.1:9100
socat UNIX-LISTEN:sock,fork EXEC:cat &
sleep 1
echo over unix | socat -t 1 - UNIX-CONNECT:sock
socat -u UDP-RECV:9101,bind=127.0.0.1 OPEN:datagrams,creat &
sleep 1
echo datagram | socat -u - UDP-SENDTO:127.0.0.1:9101
socat -T 1 PTY,link=pty,rawer SYSTEM:'sleep 1' || true
kill %1 %2 %3
