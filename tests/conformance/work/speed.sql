CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO t SELECT i, hex(i * i) FROM n;
CREATE INDEX b ON t(b);
UPDATE t SET b = b || 'x' WHERE a % 3 = 0;
SELECT count(*), sum(length(b)), max(b) FROM t;
VACUUM;
PRAGMA integrity_check;
PRAGMA journal_mode = WAL;
DELETE FROM t WHERE a % 2 = 0;
SELECT count(*) FROM t;
