import ctypes

libc = ctypes.CDLL("libc.so.6")
print(libc.abs(-42), libc.strlen(b"hello"))
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
values = (ctypes.c_int * 6)(5, 1, 4, 2, 6, 3)
libc.qsort(values, 6, ctypes.sizeof(ctypes.c_int), compare(lambda a, b: a[0] - b[0]))
print(list(values))
