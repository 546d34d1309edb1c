# packages: m4
# programs: /usr/bin/m4
# source: m4
# kind: suite
# part: checks/check-them with all checks
cd "$SOURCE/checks"
sh ./check-them -I "$SOURCE/examples" [0-9]* || true
