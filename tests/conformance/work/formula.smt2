(declare-const x Int)
(declare-const y Int)
(assert (and (> x 2) (< y 10) (= (+ x (* 2 y)) 7)))
(check-sat)
