(define (fact n) (if (zero? n) 1 (* n (fact (- n 1)))))
(display (fact 50)) (newline)
(display (sort '(3 1 2) <)) (newline)
(call-with-values (lambda () (values 1 2)) (lambda (a b) (display (+ a b)) (newline)))
