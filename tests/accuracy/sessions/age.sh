# packages: age
# programs: /usr/bin/age /usr/bin/age-keygen
# kind: light
# part: a key is made, a file goes to it and back, armoured and plain
age-keygen -o key
recipient=$(age-keygen -y key)
head -c 300000 /dev/urandom >data
age -r "$recipient" -o data.age data
age -d -i key data.age | cmp - data
age -a -r "$recipient" <data | age -d -i key >out
