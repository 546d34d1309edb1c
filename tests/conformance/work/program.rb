puts (1..20).select(&:even?).map { |n| n**3 }.inspect
threads = 4.times.map { |n| Thread.new { (1..1000).sum * n } }
p threads.map(&:value)
puts "hello world".gsub(/o/) { |m| m.upcase }
