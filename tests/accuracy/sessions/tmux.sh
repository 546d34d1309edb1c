# packages: tmux
# programs: /usr/bin/tmux
# kind: light
# part: a server with two sessions and windows, keys sent, the screen captured
tmux -L s -f /dev/null new-session -d -s one -x 80 -y 24 sh
tmux -L s new-window -t one sh
tmux -L s split-window -t one sh
tmux -L s send-keys -t one 'echo from tmux' Enter
sleep 1
tmux -L s capture-pane -p -t one
tmux -L s list-sessions
tmux -L s kill-server
