# packages: python3,libpython3.13-testsuite
# programs: /usr/bin/python3
# kind: suite
# seconds: 400
# part: of python -m test the modules about files, processes, sockets, threads, time and formats
for module in test_os test_posix test_socket test_signal test_subprocess test_select test_mmap test_fcntl \
    test_resource test_threading test_shutil test_tempfile test_pty test_epoll test_selectors test_fileio \
    test_time test_tarfile test_sqlite3.test_dbapi test_eintr test_pathlib test_glob test_socketserver \
    test_logging test_asyncio.test_events test_random test_json test_hashlib \
    test_io test_file; do
    timeout 40 "$BIN/python3" -m test -u network "$module" 2>&1 | tail -n 3 || true
done
