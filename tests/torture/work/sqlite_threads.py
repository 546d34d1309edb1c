"""SQLite from several threads: one database in WAL mode, writers, readers, indexes, a check.

With an argument: so many rounds.
"""

import sqlite3
import sys
import threading

ROWS, WRITERS, READERS, BATCH = 1000, 4, 4, 100
PATH = "/tmp/threads.db"


def connect() -> sqlite3.Connection:
    connection = sqlite3.connect(PATH, timeout=120, isolation_level=None)
    connection.execute("pragma synchronous = normal")
    return connection


def write(number: int) -> None:
    with connect() as connection:
        for start in range(0, ROWS, BATCH):
            connection.execute("begin immediate")
            connection.executemany(
                "insert into item values (?, ?, ?)",
                ((number, row, f"{number}-{row:05d}" * 5) for row in range(start, start + BATCH)),
            )
            connection.execute("update total set sum = sum + ?", (BATCH,))
            connection.execute("commit")
    connection.close()


def read(found: list[bool]) -> None:
    connection = connect()
    for _ in range(10):
        connection.execute("begin")
        count = connection.execute("select count(*) from item").fetchone()[0]
        total = connection.execute("select sum from total").fetchone()[0]
        connection.execute("commit")
        found.append(count == total)
    connection.close()


def round_() -> tuple[object, ...]:
    connection = connect()
    connection.execute("pragma journal_mode = wal")
    connection.executescript(
        "create table item (writer, row, text); create table total (sum);"
        "insert into total values (0); create index by_text on item (text);"
    )
    found: list[bool] = []
    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    threads += [threading.Thread(target=read, args=(found,)) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = connection.execute("select count(*), count(distinct text) from item").fetchone()
    some = connection.execute(
        "select row from item where text like '2-00%' order by text desc limit 3"
    ).fetchall()
    connection.execute("delete from item where row % 3 = 0")
    left = connection.execute("select count(*) from item").fetchone()
    check = connection.execute("pragma integrity_check").fetchone()
    connection.executescript("drop table item; drop table total; vacuum")
    connection.close()
    return rows, some, left, check, len(found), all(found)


results = {repr(round_()) for _ in range(int(sys.argv[1]))}
print(*results, sep="\n")
