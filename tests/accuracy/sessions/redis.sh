# packages: redis-server,redis-tools
# programs: /usr/bin/redis-server
# source: redis
# kind: suite
# part: runtest: unit/type/*, unit/expire, unit/other, integration/aof, persistence, replication
cd "$SOURCE"
for name in redis-server redis-cli redis-benchmark redis-check-rdb redis-check-aof redis-sentinel; do
    ln -s "$BIN/redis-server" "src/$name"
done
tclsh tests/test_helper.tcl --clients 1 --timeout 100 \
    --single unit/type/string --single unit/expire --single integration/rdb --single integration/aof \
    --single unit/pubsub --single unit/type/list --single unit/other --single unit/auth \
    --single integration/replication --single unit/introspection || true
