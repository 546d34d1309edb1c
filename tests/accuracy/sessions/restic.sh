# packages: restic
# programs: /usr/bin/restic
# kind: light
# part: a repository is made, a folder saved twice, listed, checked, restored, pruned
export RESTIC_PASSWORD=secret RESTIC_CACHE_DIR=/session/cache
mkdir data
head -c 2000000 /dev/urandom >data/noise
seq 10000 >data/numbers
ln -s noise data/link
restic init -q -r repository
restic backup -q -r repository data
echo more >>data/numbers
restic backup -q -r repository data
restic snapshots -r repository
restic check -q -r repository
restic restore -q -r repository latest --target out
restic forget -q -r repository --keep-last 1 --prune
