parent(a, b). parent(b, c).
