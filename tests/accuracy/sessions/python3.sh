# packages: python3,libpython3.13-testsuite
# programs: /usr/bin/python3
# kind: suite
# part: of python -m test the modules about files, processes, sockets, threads, time and formats
for module in test_os test_posix test_io test_fileio test_file test_shutil test_tempfile test_mmap \
    test_select test_selectors test_socket test_signal test_thread test_threading test_subprocess \
    test_asyncio.test_events test_epoll test_fcntl test_resource test_time test_tarfile test_zipfile \
    test_sqlite3.test_dbapi test_pty test_tty test_mailbox test_pathlib test_glob test_json test_hashlib \
    test_eintr test_popen test_queue test_logging test_socketserver test_httplib test_random; do
    timeout 20 "$BIN/python3" -m test -u network "$module" 2>&1 | tail -n 3 || true
done
