local t = {}
for i = 1, 2000 do t[#t + 1] = (i * 7919) % 2003 end
table.sort(t)
local s = 0
for i, v in ipairs(t) do s = s + i * v end
print(s, #t, string.format("%q", "a\nb"), ("x"):rep(5))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end)
print(co(), co(), co())
for word in ("one two three"):gmatch("%a+") do io.write(word:upper(), " ") end
print()
