# packages: openssh-server,openssh-client
# programs: /usr/sbin/sshd /usr/lib/openssh/sshd-session /usr/lib/openssh/sshd-auth openssh-client:/usr/bin/ssh openssh-client:/usr/bin/ssh-keygen openssh-client:/usr/bin/scp openssh-client:/usr/bin/ssh-keyscan openssh-client:/usr/bin/ssh-agent openssh-client:/usr/bin/ssh-add
# kind: light
# part: keys are made, a daemon accepts a login with a command, a copy, a forwarded port and an agent
mkdir -p /run/sshd /root/.ssh
echo 'sshd:x:100:65534::/run/sshd:/usr/sbin/nologin' >>"$ROOT/etc/passwd"
for kind in ed25519 ecdsa; do ssh-keygen -q -N '' -t "$kind" -f "host_$kind"; done
ssh-keygen -q -N '' -t ed25519 -f id
cp id.pub keys
cat >conf <<END
Port 2222
ListenAddress 127.0.0.1
HostKey /session/host_ed25519
HostKey /session/host_ecdsa
AuthorizedKeysFile /session/keys
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile /session/pid
SshdSessionPath $BIN/sshd-session
SshdAuthPath $BIN/sshd-auth
END
"$BIN/sshd" -f /session/conf -E /session/log || cat log
while ! test -e pid; do sleep 0.2; done
set -- -i id -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/session/known -F none
ssh "$@" root@127.0.0.1 'echo over ssh; cat' <conf || true
ssh "$@" -tt root@127.0.0.1 'tty; exit 3' </dev/null || true
ssh "$@" -f -N -L 9000:127.0.0.1:2222 root@127.0.0.1 && ssh-keyscan -p 9000 127.0.0.1 || true
scp -S "$BIN/ssh" -O -P 2222 -i id -o StrictHostKeyChecking=no -o UserKnownHostsFile=/session/known -F none conf root@127.0.0.1:/session/copied || true
ssh-agent sh -c 'ssh-add id; ssh-add -l; exec ssh -F none -p 2222 -o UserKnownHostsFile=/session/known root@127.0.0.1 true' || true
ls -l copied
kill "$(cat pid)"
cat log
