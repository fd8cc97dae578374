#!/bin/sh
# rc.firewall: a gateway of the year 2005. /etc/init.d/firewall start

IPTABLES=${IPTABLES:-iptables}

EXTIF=eth1
INTIF=eth0
DMZIF=eth2
EXTIP=192.0.2.1
INTNET=10.0.0.0/255.255.255.0
WEBSERVER=10.0.2.5
UNIVERSE=0.0.0.0/0
BADNETS="127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/4 240.0.0.0/5"
TCP_OPEN="21 22 25 80 113"
UDP_OPEN="53 123"

for table in filter nat mangle; do
  $IPTABLES -t $table -F
  $IPTABLES -t $table -X
  $IPTABLES -t $table -Z
done
$IPTABLES -P INPUT DROP
$IPTABLES -P OUTPUT ACCEPT
$IPTABLES -P FORWARD DROP

# Chains of our own
$IPTABLES -N drop-and-log-it
$IPTABLES -A drop-and-log-it -m limit --limit 3/minute --limit-burst 3 -j LOG --log-level info --log-prefix 'RC.FW: ' --log-tcp-options
$IPTABLES -A drop-and-log-it -j DROP
$IPTABLES -N bad_tcp
$IPTABLES -A bad_tcp -p tcp --tcp-flags SYN,ACK SYN,ACK -m state --state NEW -j REJECT --reject-with tcp-reset
$IPTABLES -A bad_tcp -p tcp ! --syn -m state --state NEW -j drop-and-log-it
$IPTABLES -A bad_tcp -p tcp --tcp-flags ALL ALL -j DROP
$IPTABLES -A bad_tcp -p tcp --tcp-flags ALL NONE -j DROP
$IPTABLES -A bad_tcp -p tcp --tcp-option 64 -j DROP
$IPTABLES -N allowed
$IPTABLES -A allowed -p TCP --syn -j ACCEPT
$IPTABLES -A allowed -p TCP -m state --state ESTABLISHED,RELATED -j ACCEPT
$IPTABLES -A allowed -p TCP -j DROP
$IPTABLES -N icmp_packets
for type in echo-request time-exceeded destination-unreachable source-quench parameter-problem; do
  $IPTABLES -A icmp_packets -p ICMP -s 0/0 --icmp-type $type -j ACCEPT
done
$IPTABLES -A icmp_packets --fragment -p ICMP -j DROP

# Spoofed addresses
$IPTABLES -t mangle -N spoofed
for net in $BADNETS; do
  $IPTABLES -t mangle -A spoofed -s $net -j DROP
done
$IPTABLES -t mangle -A PREROUTING -i $EXTIF -j spoofed
$IPTABLES -t mangle -A PREROUTING -i $EXTIF -s $INTNET -j DROP
# What is typed goes first, what is fetched comes last
$IPTABLES -t mangle -A PREROUTING -p tcp --dport telnet -j TOS --set-tos Minimize-Delay
$IPTABLES -t mangle -A PREROUTING -p tcp -m multiport --dports ftp-data,nntp -j TOS --set-tos 0x08
$IPTABLES -t mangle -A POSTROUTING -o $EXTIF -p tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1453:65535 -j TCPMSS --set-mss 1452
$IPTABLES -t mangle -A FORWARD -m ttl --ttl-eq 1 -j TTL --ttl-inc 1
$IPTABLES -t mangle -A OUTPUT -m tos --tos 16 -j MARK --set-mark 7

# Input
$IPTABLES -A INPUT -i lo -s $UNIVERSE -d $UNIVERSE -j ACCEPT
$IPTABLES -A INPUT -p tcp -j bad_tcp
$IPTABLES -A INPUT -i $INTIF -s $INTNET -d $UNIVERSE -j ACCEPT
$IPTABLES -A INPUT -i $EXTIF -m state --state ESTABLISHED,RELATED -j ACCEPT
for port in $TCP_OPEN; do
  $IPTABLES -A INPUT -i $EXTIF -p TCP -s 0/0 --dport $port -j allowed
done
$IPTABLES -R INPUT 5 -i $EXTIF -p tcp --destination-port ftp -d $EXTIP -m limit --limit 2/hour --limit-burst 5 -j allowed
for port in $UDP_OPEN; do
  $IPTABLES -A INPUT -i $EXTIF -p UDP -s 0/0 --source-port 1024: --destination-port $port -j ACCEPT
done
$IPTABLES -A INPUT -p ICMP -i $EXTIF -j icmp_packets
$IPTABLES -A INPUT -i $EXTIF -p udp --dport 135:139 -j DROP
$IPTABLES -A INPUT -i $EXTIF -d 224.0.0.0/8 -j DROP
$IPTABLES -I INPUT 1 -m pkttype --pkt-type multicast -j DROP
$IPTABLES -A INPUT -j drop-and-log-it

# Forwarding
$IPTABLES -A FORWARD -p tcp -j bad_tcp
$IPTABLES -A FORWARD -i $INTIF -o $EXTIF -p tcp --dport 6881:6889 -m string --string BitTorrent --algo bm -j REJECT
$IPTABLES -A FORWARD -i $INTIF -j ACCEPT
$IPTABLES -A FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT
$IPTABLES -A FORWARD -i $EXTIF -o $DMZIF -p tcp -d $WEBSERVER --dport www -m connlimit --connlimit-above 3 -j REJECT
$IPTABLES -A FORWARD -i $EXTIF -o $DMZIF -p tcp -d $WEBSERVER --dport www -j allowed
$IPTABLES -A FORWARD -i $DMZIF -o $EXTIF -p udp --dport domain -j ACCEPT
$IPTABLES -A FORWARD -p 50 -j ACCEPT
$IPTABLES -A FORWARD -p ah -m ah --ahspi 500:600 -j ACCEPT
$IPTABLES -A FORWARD -j drop-and-log-it

# Output
$IPTABLES -A OUTPUT -p icmp -m state --state INVALID -j DROP
$IPTABLES -A OUTPUT -o $EXTIF -p tcp --dport 25 -m owner ! --uid-owner 0 -j REJECT --reject-with icmp-admin-prohibited

# Translation
$IPTABLES -t nat -A PREROUTING -p tcp -i $EXTIF -d $EXTIP --dport 80 -j DNAT --to $WEBSERVER
$IPTABLES -t nat -A PREROUTING -p tcp -i $EXTIF -d $EXTIP --dport 8000:8010 -j DNAT --to-destination $WEBSERVER:8000-8010
$IPTABLES -t nat -A PREROUTING -i $INTIF -p tcp ! -d 10.0.0.0/8 --dport 80 -j REDIRECT --to-port 3128
$IPTABLES -t nat -A POSTROUTING -o $EXTIF -s 10.0.2.0/24 -j SNAT --to $EXTIP
$IPTABLES -t nat -A POSTROUTING -o $EXTIF -j MASQUERADE
$IPTABLES -t nat -A POSTROUTING -s $INTNET -d $WEBSERVER -p tcp --dport 80 -j SNAT --to-source 10.0.2.1

$IPTABLES -E allowed tcp_allowed
$IPTABLES -D INPUT -i $EXTIF -p udp --dport 135:139 -j DROP
