proc fib n { expr {$n < 2 ? $n : [fib [expr {$n - 1}]] + [fib [expr {$n - 2}]]} }
puts [fib 15]
puts [lsort -integer {5 3 9 1}]
dict set d a 1; dict set d b 2; puts $d
after 20 {set done 1}
vwait done
puts [regsub -all {[aeiou]} "hello world" *]
