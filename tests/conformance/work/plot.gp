set terminal dumb 60 20
plot [0:6] sin(x) title "sine"
