# packages: nginx
# programs: /usr/sbin/nginx
# kind: light
# part: a master and two workers serve files, a list of a folder, a large file; log rotation, reload, end
. "${0%/*}/parts/http.sh"
mkdir -p /session/logs /session/www/folder
head -c 3000000 /dev/urandom >/session/www/large
echo hello >/session/www/index.html
cat >nginx.conf <<'END'
user root; worker_processes 2; error_log logs/error.log; pid nginx.pid;
events { worker_connections 64; }
http { access_log logs/access.log; sendfile on; gzip on; keepalive_timeout 5;
 client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
 server { listen 127.0.0.1:8080; root www; location /folder/ { autoindex on; } location /p/ { proxy_pass http://127.0.0.1:8080/; } } }
END
nginx -p /session -c nginx.conf -e logs/error.log
http http://127.0.0.1:8080/ http://127.0.0.1:8080/large http://127.0.0.1:8080/folder/ http://127.0.0.1:8080/none \
    http://127.0.0.1:8080/p/index.html http://127.0.0.1:8080/p/large
kill -USR1 "$(cat nginx.pid)"
kill -HUP "$(cat nginx.pid)"
http http://127.0.0.1:8080/ http://127.0.0.1:8080/index.html
nginx -p /session -c nginx.conf -e logs/error.log -s quit
while test -e nginx.pid; do sleep 0.2; done
