# packages: sqlite3
# programs: /usr/bin/sqlite3
# kind: light
# part: a database in WAL and in rollback mode, two processes at once, backup, import, export, archive
printf 'a,b\n1,2\n3,4\n' >in.csv
sqlite3 base <<'END'
PRAGMA journal_mode = WAL;
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);
WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 20000) INSERT INTO t SELECT x, hex(randomblob(20)) FROM n;
CREATE INDEX i ON t(b);
.import --csv in.csv csv
.backup copy
.once out.txt
SELECT count(*), max(b) FROM t;
.dump csv
.timer on
VACUUM;
PRAGMA wal_checkpoint(TRUNCATE);
END
sqlite3 base 'BEGIN IMMEDIATE; UPDATE t SET b = 1 WHERE a < 100; SELECT count(*) FROM t; COMMIT;' &
sqlite3 -cmd '.timeout 5000' base 'PRAGMA mmap_size=1000000; UPDATE t SET b = 2 WHERE a > 19000; PRAGMA integrity_check;'
wait
sqlite3 copy 'PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL; DELETE FROM t WHERE a % 2; ATTACH "base" AS o; SELECT count(*) FROM o.t; VACUUM INTO "small";'
sqlite3 archive -A -c in.csv out.txt
sqlite3 -readonly base '.tables' '.shell echo from the shell' '.read |echo "SELECT 1;"'
