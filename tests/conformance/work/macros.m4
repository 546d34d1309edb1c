define(`repeat', `ifelse($1, 0, `', `$2 repeat(decr($1), `$2')')')dnl
repeat(5, `hello')
eval(2 ** 20 % 1000)
translit(`hermipy', `a-z', `b-za')
