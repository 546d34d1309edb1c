import sqlite3

base = sqlite3.connect("python.db")
base.execute("create table t(a integer, b text)")
base.executemany("insert into t values(?, ?)", ((n, str(n * n)) for n in range(5000)))
base.commit()
print(base.execute("select count(*), sum(a), max(b) from t").fetchall())
base.close()
print(sqlite3.connect("python.db").execute("select b from t where a = 77").fetchall())
