# packages: curl
# programs: /usr/bin/curl
# kind: light
# part: HTTP downloads, uploads, resume, parallel, FILE, a Unix socket, a name that is not there
python3 -m http.server 8082 --bind 127.0.0.1 &
cd /usr/share/common-licenses 2>/dev/null || cd /etc
curl -s --retry 20 --retry-connrefused --retry-delay 1 -o /session/page http://127.0.0.1:8082/
curl -s -I http://127.0.0.1:8082/
curl -s -v -C 10 -o /session/page http://127.0.0.1:8082/ || true
curl -s -T /etc/passwd http://127.0.0.1:8082/up || true
curl -s -d a=b -c /session/jar http://127.0.0.1:8082/form || true
curl -s -Z http://127.0.0.1:8082/ http://127.0.0.1:8082/none || true
curl -s --limit-rate 10k file:///etc/passwd
curl -s --connect-timeout 5 http://no.such.name.invalid/ || true
curl -s --unix-socket /session/none http://x/ || true
curl -s -k https://127.0.0.1:8082/ || true
kill %1
