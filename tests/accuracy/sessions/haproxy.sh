# packages: haproxy
# programs: /usr/sbin/haproxy
# kind: light
# part: a master and a worker of two threads pass requests on to a server; statistics; reload
. "${0%/*}/parts/http.sh"
python3 -m http.server 8084 --bind 127.0.0.1 &
cat >conf <<'END'
global
    nbthread 2
    stats socket /session/socket level admin
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
listen web
    bind 127.0.0.1:8085
    stats uri /stats
    option httpchk GET /
    server one 127.0.0.1:8084 check
END
haproxy -f conf -c
haproxy -W -f conf -p pid &
http http://127.0.0.1:8084/ http://127.0.0.1:8085/ http://127.0.0.1:8085/stats http://127.0.0.1:8085/none
kill -USR1 $!
sleep 1
kill %1 %2
