# packages: ruby3.3
# programs: /usr/bin/ruby3.3
# source: ruby3.3
# kind: suite
# part: test/runner.rb over test_file, io, process, thread, socket, time, dir, signal
cd "$SOURCE"
export RUBY="$BIN/ruby3.3"
for name in ruby/test_file ruby/test_file_exhaustive ruby/test_dir ruby/test_io ruby/test_thread \
    ruby/test_process ruby/test_signal ruby/test_time ruby/test_array ruby/test_string ruby/test_rand \
    socket/test_tcp socket/test_unix socket/test_udp; do
    echo "$name"
    timeout 25 "$BIN/ruby3.3" -I test/lib -I tool/lib test/runner.rb --ruby="$RUBY" -q "test/test_x.rb" \
        "test/$name.rb" 2>&1 | tail -n 3 || true
done
