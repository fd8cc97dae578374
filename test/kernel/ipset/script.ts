// Commands one after another; each has to be answered alike. Hashes start from a given value, so that order
// and size are the same, too. What has blanks in it stands in quotes.

export const SCRIPT: readonly string[] = `
create a hash:ip initval 0x1
create a hash:ip
-! create a hash:ip
-! create a hash:ip maxelem 100
create n hash:net family inet6 timeout 300 counters comment skbinfo forceadd initval 0x2
create bi bitmap:ip range 10.0.0.0/24
create bi2 bitmap:ip range 10.0.0.0-10.0.255.255 netmask 24
create bm bitmap:ip,mac range 10.0.0.0/24 timeout 100
create bp bitmap:port range 0-1024
create ip hash:ip,port bucketsize 4 initval 0x1234
create l list:set size 8 timeout 0
create hh hash:ip netmask 24 hashsize 100 maxelem 4 initval 0x3
add a 1.1.1.1
add a 1.1.1.1
-! add a 1.1.1.1
add a 2.0.0.0/30
add a 3.0.0.1-3.0.0.5
test a 1.1.1.1
test a 1.1.1.2
-q test a 1.1.1.1
-q test a 9.1.1.1
del a 9.9.9.9
-! del a 9.9.9.9
add a 0.0.0.0
test a 0.0.0.0
add a foo
add a 1.2.3.4/33
add a 1.2.3.4 timeout 5
add a 1.2.3.4 packets 5
add a 1.2.3.4 comment x
add a 1.2.3.4 skbmark 0x1
add a 1.2.3.4,5
add nope 1.2.3.4
test nope 1.2.3.4
add n 2001:db8::/32 timeout 50 packets 3 bytes 99 comment 'hello world' skbmark 0x10/0xff skbprio 1:10 skbqueue 3
add n 2001:db8::1 nomatch
add n ::/0
add n 2001:db8:1::/48 packets 18446744073709551614 bytes 9007199254740993
add n 2001:db8:2::/48 packets 18446744073709551615
test n 2001:db8::1
test n 2001:db8::1 nomatch
test n 2001:db8::2
test n 2001:db8::2 nomatch
test n 2001:db8::/32
add bi 10.0.0.1
add bi 10.0.1.1
add bi 10.0.0.250-10.0.1.5
add bi 10.0.0.128/30
test bi 10.0.0.128/30
test bi 10.0.0.128-10.0.0.129
del bi 10.0.0.128-10.0.0.129
add bi2 10.0.3.7
add bm 10.0.0.5
add bm 10.0.0.6,02:00:00:00:00:01
add bp 80
add bp tcp:22-25
add bp 2000
add bp udp:domain
add ip 1.1.1.1,80
add ip 1.1.1.1,udp:53
add ip 1.1.1.1,icmp:echo-request
add ip 1.1.1.1,icmp:8/1
add ip 1.1.1.1,vrrp:0
add ip 1.1.1.1,vrrp:1
add ip 1.1.1.1,tcp:80-83
add ip 1.1.1.1,icmpv6:ping
add l a
add l n before a
add l nope
add l l
add l bi after n timeout 20
test l a
test l a before n
test l n before a
test l n after a
test l a after bi
add hh 1.1.1.1
add hh 1.1.2.1
add hh 1.1.3.1
add hh 1.1.4.1
add hh 1.1.5.1
add hh 1.1.0.0/16
destroy a
rename a b
rename a bi
swap a b
swap a n
list
save
-n list
list -t a
list nope
list -o xml bm
list -o xml n
list -o xml
list -o json a
save -s a
list -s ip
-s list
swap bi hh
save
destroy
flush a
list a
flush
save
del l a
del l bi before n
del l bi after n
del l n
del l nope
destroy l
destroy

foo
add
add a
create
create x
create x foo
create x hash:ip foo
create x hash:ip family inet7
create x hash:ip family inet family inet
create x hash:ip hashsize
create x hash:ip hashsize x
create x hash:ip hashsize 99999999999
create x hash:ip timeout 99999999999
create x hash:ip timeout 3000000
create x hash:ip netmask 0
create x hash:ip netmask 33
create x hash:ip bitmask 255.255.0.0 initval 0x5
list x
add x 10.1.2.3
add x 10.2.2.3-10.2.2.4
test x 10.1.9.9
list x
create x hash:ip netmask 3 bitmask 255.255.0.0
create x2 hash:ip bitmask 0.0.0.0
create x2 hash:ip family inet6 bitmask ffff:: initval 0x6
add x2 ffee::1
save x2
create x7 hash:ip,port netmask 24 initval 0x7
add x7 10.0.0.9,80
add x7 10.0.1.9-10.0.1.12,80
save x7
create x8 hash:ip range 1.1.1.1
create x3 hash:ip probes 4 resize 5 initval 0x8
create x4 iphash initval 0x9
create x5 iptree
create aaaaaaaaaabbbbbbbbbbccccccccccdd hash:ip
create aaaaaaaaaabbbbbbbbbbccccccccccd hash:ip initval 1
destroy
create a hash:ip initval 0x1
create p hash:ip,port timeout 500 counters initval 0x2
create n hash:net initval 0x3
create l list:set
create b bitmap:port range 1-100
create m bitmap:ip,mac range 10.0.0.0/24
create i hash:net,iface initval 0x4
create a6 hash:ip family inet6 initval 0x5
create c hash:ip comment skbinfo initval 0x6
add a 1.1.1.1 foo
add a 1.1.1.1 timeout
add a 1.1.1.1 nomatch
add a 1.1.1.1 1.1.1.2
add p 1.1.1.1
add p 1.1.1.1,80,3
add p 1.1.1.1,80,3,4
add p 1.1.1.1,foo
add p 1.1.1.1,foo:80
add p 1.1.1.1,tcp:foo
add p 1.1.1.1,tcp:99999
add p 1.1.1.1,99999
add p 1.1.1.1,tcp:80-foo
add p 1.1.1.1,icmp:foo
add p 1.1.1.1,icmp:300/1
add p 1.1.1.1,icmp:3
add p 1.1.1.1,0:80
add p 1.1.1.1,0:0
add p 1.1.1.1,ip:0
add p 1.1.1.1,6:80
add p 1.1.1.1,256:80
add p 1.1.1.1,200:0
add p 1.1.1.1,ipv6-icmp:0
del p 1.1.1.1,icmpv6:ping
test p 1.1.1.1,icmpv6:ping
add p 1.1.1.1,6:foo
add p 1.1.1.1,udp:foo
add p 1.1.1.1,icmp:0/0
add p 1.1.1.1,icmp:any
add p 1.1.1.1,sctp:[foo]
add p 1.1.1.1,sctp:[ssh]
add p 1.1.1.1,TCP:22
add p 1.1.1.1,Tcp:22
add p 1.1.1.1,ICMP:pong
add p 1.1.1.1,icmp:ECHO-reply
add p 1.1.1.1,icmp:TOS
add p 1.1.1.1,icmp:destination-unreachable
add p 1.1.1.1,tcp:0x50
add p 1.1.1.1,tcp:010
add p 1.1.1.1,gre:0
add p 1.1.1.1,47:1
add p 1.1.1.1,ssh
add p 1.1.1.1,tcp:ntp
add p 1.1.1.1,udp:ntp
add p 1.1.1.1,udp:80-90 timeout 0
add p ,80
add p 1.1.1.1,
test p 1.1.1.1,TCP:22
test p 1.1.1.1,80
test p 1.1.1.1,icmp:8/0
save p
add n 1.1.1.1-1.1.1.9
add n 10.0.0.0/8 nomatch nomatch
test n 10.0.0.1
test n 10.0.0.1 nomatch
test n 10.0.0.1/24
test n 10.0.0.1/8
test n 1.1.1.1-1.1.1.4
test a 1.1.1.1-1.1.1.4
test p 1.1.1.1,80-90
add n 10.0.0.0/0
add n 0.0.0.0-255.255.255.255
add n 0.0.0.0/1
add n 128.0.0.0/1
save n
-s save n
del a 1.1.1.1 timeout 4
add l a before
add l a before n after m
add l a,before,n
add l a,foo,n
add l n after n
add l a
add l n,before,a
add l c,after,n
save l
test l a,after,n
add b 50-60
add b 90-110
add b ssh-60
add b tcp:http
add b udplite:80
add b 5-3
save b
add m 10.0.0.1,1:2:3:4:5:6
add m 10.0.0.1,1:2:3:4:5:6
-! add m 10.0.0.1,1:2:3:4:5:7
add m 10.0.0.2,1:2:3:4:5
add m 10.0.0.2,01:02:03:04:05:066
add m 10.0.0.2-10.0.0.5
add m 10.0.0.0/28
add m 10.0.0.9
test m 10.0.0.9
test m 10.0.0.9,1:2:3:4:5:6
test m 10.0.0.1
test m 10.0.0.1,1:2:3:4:5:6
test m 10.0.0.2
add m 10.0.0.9,a:b:c:d:e:f
add m 10.0.0.9
save m
add i 10.0.0.0/8,eth0
add i 10.0.0.0/8,eth1
add i 10.1.0.0/16,eth1
add i 0.0.0.0/0,physdev:eth1 nomatch
add i 1.1.1.1,abcdefghijklmnopq
add i 1.1.1.1,eth wildcard
add i 1.1.1.1
add i 1.1.1.1-1.1.1.6,lo
test i 10.0.0.0/8,eth0
test i 10.0.0.1,eth0
test i 10.1.0.1,eth0
test i 10.1.0.1,eth1
test i 10.0.0.1,physdev:eth0
test i 1.1.1.1,eth0
test i 1.1.1.1,eth12
test i 1.1.1.1,lo
test i 5.5.5.5,physdev:eth1
test i 5.5.5.5,physdev:eth1 nomatch
list i
-s save i
del i 10.0.0.0/8,eth0
save i
add a6 ::1
add a6 1.1.1.1
add a6 ::1-::5
add a6 fe80::/64
add a6 fe80::1/128
add a6 ::
add a ::1
add a localhost
add a 1.1.1
add a 1.2
add a 1
add a 0x01020304
add a [1.1.1.9]
add a 1.1.1.9-
add a -1.1.1.9
add a 5.5.5.5/
add a /5
add a 5.5.5.5/x
add a 6.6.6.6/0
add a 6.6.6.6/32
add a 7.7.7.7-7.7.7.1
add a 255.255.255.254-255.255.255.255
-s save a
add c 1.1.1.1 comment 'a"b'
add c 1.1.1.2 comment ''
add c 1.1.1.3 skbmark 0x5/0x0f
add c 1.1.1.4 skbmark 5
add c 1.1.1.5 skbprio 1
add c 1.1.1.6 skbprio 1:1 skbqueue 70000
add c 1.1.1.7 skbqueue 7 comment 'x y' skbmark 0x0
add c 1.1.1.8 packets x
add c 1.1.1.9 skbmark 0x12345678/0xffff0000
-! add c 1.1.1.7 comment z
-! add c 1.1.1.9
list c
list -o xml c
list foo bar
list -o foo
list -o
-q add a 1.1.1.1 foo
-q del a 9.9.9.9
-q list nope
flush nope
destroy nope
-! destroy nope
rename nope x
swap nope a
swap a p
version
quit
save -o plain n
save -o xml n
list -o save n
list -n -o xml
list -n a
list -t -o xml n
save -t n
save -n n
-n save
-s list n l
l a
-L a
--list a
x nope
n zz hash:ip initval 0x33
-N zz2 hash:ip initval 0x34
e zz yy
-X yy
-A a 5.5.5.5
s a
se a
sw a zz2
-exist add a 5.5.5.5
--exist add a 5.5.5.5
save
create y hash:ip,port,net initval 0x44 counters
add y 1.1.1.1,80,10.0.0.0/8
add y 1.1.1.1,80,10.0.0.0/8 nomatch
-! add y 1.1.1.1,80,10.0.0.0/8 nomatch
add y 1.1.1.0/30,tcp:80-81,10.0.0.1-10.0.0.6 packets 4
test y 1.1.1.1,80,10.0.0.1
test y 1.1.1.1,80,10.9.0.1
test y 1.1.1.1,80,10.9.0.1 nomatch
test y 1.1.1.1,80,10.9.0.1-10.9.0.3
test y 1.1.1.1/24,80,10.9.0.1
add y 1.1.1.1,80,0.0.0.0/0
add y 1.1.1.1,80
list y
del y 1.1.1.1,80,10.0.0.0/8
list y
create z hash:net,port initval 0x45
add z 1.1.1.0/24,80
add z 1.1.1.0-1.1.3.7,udp:5-7
test z 1.1.1.9,80
test z 1.1.1.0/24,tcp:80
test z 1.1.1.9,udp:6
add z 0.0.0.0/0,80
list z
create w hash:ip,port,ip initval 0x46
add w 1.1.1.1,80,2.2.2.2
add w 1.1.1.1-1.1.1.3,80-82,2.2.2.2
add w 1.1.1.5,80,2.2.2.2/24
add w 1.1.1.5,80,2.2.2.2-2.2.2.4
test w 1.1.1.1,80,2.2.2.2
list w
create w6 hash:ip,port,net family inet6 initval 0x47
add w6 2001:db8::1,icmpv6:ping,2001:db8::/32
add w6 2001:db8::1,icmp:ping,2001:db8::/32
add w6 2001:db8::1/64,80,2001:db8::/32
add w6 2001:db8::1,tcp:80-82,2001:db8::/32
test w6 2001:db8::1,81,2001:db8::5
list w6
create c hash:ip counters counters
create c1 hash:ip counters counters initval 0x1
create c2 hash:ip comment comment initval 0x1
create c3 hash:ip family any initval 0x1
create c4 hash:ip family unspec initval 0x1
create c5 hash:ip -6 initval 0x1
create c6 hash:ip bucketsize 5 initval 0x1
create c7 hash:ip bucketsize 100 initval 0x1
create c8 hash:ip bucketsize 300 initval 0x1
create c9 hash:ip hashsize 4294967295 initval 0x1
create c10 hash:ip maxelem 0 initval 0x1
add c10 1.1.1.1
create c11 list:set size 1
create c12 bitmap:ip
create c13 bitmap:ip range 10.0.0.0/15
create c14 bitmap:ip range 10.0.0.0/32
create c15 bitmap:ip range 10.0.0.1-10.0.0.1
create c16 bitmap:port range 80-10
create c17 bitmap:ip range 10.0.0.0/24 netmask 33
create c18 bitmap:ip range 10.0.0.0/24 netmask 20
create c19 bitmap:ip range 10.0.0.0
create c20 bitmap:ip from 10.0.0.0
create c21 bitmap:ip from 10.0.0.0 to 10.0.0.9
create c22 bitmap:ip network 10.0.0.0/24
create c23 bitmap:ip range 10.0.0.9-10.0.0.0
create c24 bitmap:port from 5 to ssh
create c25 bitmap:ip range 10.0.0.5-10.0.0.77 netmask 30
create c26 bitmap:ip range 10.0.0.0/24 range 10.0.0.0/24
create c27 bitmap:ip family inet range 10.0.0.0/24
create c28 bitmap:port range 5
create c29 hash:ip,port from 1.1.1.1 to 1.1.1.9 initval 0x1
create c30 hash:ip,port network 1.1.1.0/24 initval 0x1
create c31 hash:ip hashsize -1
create c32 hash:ip hashsize ' 12' initval 1
create c33 hash:ip hashsize 08
create c34 hash:ip hashsize ''
create c35 hash:net,iface family inet6 counters timeout 900 initval 0x1
add c35 ::/0,eth0
add c35 2001:db8::/32,eth0
list c35
list -t
create c36 hash:ip,port timeout 0 skbinfo initval 0x7
add c36 08.1.1.1,80
add c36 1.1.1.1,icmpv6:1/0
add c36 1.1.1.1,icmpv6:1/0 skbprio 1
add c36 1.1.1.1,icmpv6:1/0 timeout 5 timeout 6
add c36 1.1.1.1,icmpv6:1/0 nosuch
test c36 1.1.1.1,icmpv6:1/0 bytes 1
create c37 hash:ip family inet -6
create c37 hash:ip -4 family inet
create c37 hash:ip bitmask ::1
create c37 hash:ip family inet6 bitmask 1.2.3.4
swap a-name-that-is-longer-than-31-letters b more
flush a-name-that-is-longer-than-31-letters more
list -o xml -t
`
  .slice(1, -1)
  .split('\n');

/** Files for restore, and what is asked behind each. */
export const RESTORES: readonly string[] = [
  '# comment\ncreate q hash:ip initval 1\nadd q 1.1.1.1\n\nadd q 1.1.1.1\nadd q 1.1.1.2\n',
  'create q2 hash:ip comment initval 1\nadd q2 1.1.1.1 comment "a b  c"\n  add q2 1.1.1.2 comment ""\nadd q2 foo\n',
  'create q3 hash:ip initval 1\nadd q3 1.1.1.1\nCOMMIT\nadd q3 1.1.1.2\nbad q3\n',
  'create q4 hash:ip initval 1\nadd q4 1.1.1.1\nsave\nlist -n\ntest q4 1.1.1.1\nadd q4 1.1.1.2\n',
  'test q4 1.1.1.2\nadd q4 1.1.1.2\n',
  'add q4 "1.1.1.9\n',
  '-! create q4 hash:ip\n-exist add q4 1.1.1.1\nadd q4 1.1.1.1\nadd q4 8.8.8.8\n',
  'add nope 1.1.1.1\n',
  'help\n',
  'version\n',
  'restore\n',
  'create q5 hash:ip family inet6 initval 1\nadd q5 1::1\nswap q5 q4\nadd q4 1::1\n',
  'create w hash:ip initval 1\nrename w v\nadd v 1.1.1.1\ndestroy v\nadd v 1.1.1.1\n',
  'create u hash:ip initval 1\nadd u 1.1.1.1\nadd u 1.1.1.1 timeout 5\nadd u 1.1.1.2\n',
  'create t hash:ip initval 1 timeout 100\nadd t 1.1.1.1\ndel t 1.1.1.1\nadd t 1.1.1.2 timeout 7\nadd t 1.1.1.3 timeout 0\nquit\nadd t 1.1.1.4',
  'create s hash:ip initval 1 probes 4\nadd s 1.1.1.1\n',
  'create r hash:ip comment initval 1\nadd r 1.1.1.1 comment "tab\tand # sign"\nadd r 1.1.1.2   comment   x"y z"w\n',
  'flush\ncreate k hash:net initval 5\nadd k 10.0.0.0/8\nadd k 10.0.0.0/8 nomatch\n',
  '-q add k 10.0.0.0/8\n',
];
