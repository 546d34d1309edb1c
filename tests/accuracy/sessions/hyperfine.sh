# packages: hyperfine
# programs: /usr/bin/hyperfine
# kind: light
# part: three commands timed, with exports
hyperfine -N -r 3 --export-json out.json 'true' 'sleep 0.01' || true
hyperfine -r 3 --export-markdown out.md --show-output 'echo a | cat'
