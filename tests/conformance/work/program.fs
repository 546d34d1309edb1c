: fib ( n -- f ) dup 2 < if exit then dup 1- recurse swap 2 - recurse + ;
20 fib . cr
variable total  0 total !
: sum 100 0 do i total +! loop ; sum total @ . cr
bye
