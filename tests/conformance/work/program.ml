let rec fact n = if n = 0 then 1 else n * fact (n - 1);;
let () = Printf.printf "%d\n" (fact 15);;
let () = List.iter (Printf.printf "%d ") (List.sort compare [3; 1; 2]); print_newline ();;
