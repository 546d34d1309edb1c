# packages: lighttpd
# programs: /usr/sbin/lighttpd
# kind: light
# part: serves files, a list of a folder and a shell's CGI; ends on a signal
. "${0%/*}/parts/http.sh"
mkdir -p www/folder
head -c 3000000 /dev/urandom >www/large
echo hello >www/index.html
printf '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"; env\n' >www/env.cgi
chmod +x www/env.cgi
cat >conf <<'END'
server.document-root = "/session/www"
server.port = 8081
server.bind = "127.0.0.1"
server.pid-file = "/session/pid"
server.errorlog = "/session/errors"
server.modules = ("mod_access", "mod_accesslog", "mod_dirlisting", "mod_cgi")
accesslog.filename = "/session/access"
dir-listing.activate = "enable"
index-file.names = ("index.html")
cgi.assign = (".cgi" => "/bin/sh")
END
lighttpd -f conf -m "$ROOT/usr/lib/lighttpd"
http http://127.0.0.1:8081/ http://127.0.0.1:8081/large http://127.0.0.1:8081/folder/ http://127.0.0.1:8081/none \
    http://127.0.0.1:8081/env.cgi
kill -INT "$(cat pid)"
while test -e pid; do sleep 0.2; done
cat errors
