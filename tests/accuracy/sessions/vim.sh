# packages: vim
# programs: /usr/bin/vim.basic
# kind: light
# part: silent edits from a script: substitute, filter, write, swap, a shell, timers
seq 1000 >numbers
printf '%%s/7/seven/g\nw out\n%%!sort -r\nw! sorted\nsplit numbers\nrequire\nsyntax on\nset undofile undodir=/session\nx!\nqa!\n' >script
timeout 60 vim.basic -u NONE -es -S script numbers || true
timeout 60 vim.basic -u NONE -es -c 'call writefile([system("echo from the shell")], "shell")' -c 'sleep 100m' -c 'qa!' || true
timeout 60 vim.basic -u NONE -N -es -c 'let j = job_start(["echo", "x"], {"out_io": "file", "out_name": "job"})' -c 'sleep 500m' -c 'qa!' || true
ls
