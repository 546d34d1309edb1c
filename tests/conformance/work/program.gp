print(factor(2^67-1))
print(zeta(3))
print(primepi(100000))
