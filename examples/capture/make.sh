#!/usr/bin/env bash
# Makes office.pcapng: real clients and servers around a real firewall namespace that runs
# gateway.nft. Recorded is what arrives at each interface of the firewall, which is what
# `sluice replay` wants. Needs root, and from Debian: nftables iproute2 nginx-light curl
# dnsmasq-base bind9-dnsutils vsftpd nmap iputils-ping tcpdump wireshark-common ethtool.
set -euo pipefail
cd "$(dirname "$0")"
out=${1:-office.pcapng}
tmp=$(mktemp -d)
chmod 755 "$tmp"
fw=slc-fw lan=slc-lan wan=slc-wan dmz=slc-dmz
pids=()

finish() {
  kill "${pids[@]}" 2>/dev/null || true
  for ns in $fw $lan $wan $dmz; do
    ip netns pids $ns 2>/dev/null | xargs -r kill 2>/dev/null || true
    ip netns del $ns 2>/dev/null || true
  done
  rm -rf "$tmp"
}
trap finish EXIT

link() { # namespace, firewall interface, firewall address, host address
  ip netns add "$1"
  ip -n $fw link add "$2" type veth peer name eth0 netns "$1"
  ip -n $fw addr add "$3/24" dev "$2"
  ip -n "$1" addr add "$4/24" dev eth0
  ip -n "$1" link set lo up
  ip -n "$1" link set eth0 up
  ip -n $fw link set "$2" up
  ip netns exec "$1" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
  ip netns exec $fw ethtool -K "$2" tx off tso off gso off gro off >/dev/null
}

ip netns add $fw
ip netns exec $fw sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.disable_ipv6=1
link $lan eth0 10.0.0.1 10.0.0.20
link $wan eth1 192.0.2.1 192.0.2.80
link $dmz eth2 10.0.2.1 10.0.2.80
ip -n $lan route add default via 10.0.0.1
ip -n $dmz route add default via 10.0.2.1
ip -n $wan addr add 192.0.2.53/24 dev eth0
ip -n $wan addr add 192.0.2.66/24 dev eth0
ip -n $lan addr add 10.0.0.21/24 dev eth0
ip netns exec $fw nft -f ../gateway.nft

mkdir -p "$tmp/www" "$tmp/ftp/pub" "$tmp/run"
head -c 20000 /dev/zero | tr '\0' 'x' >"$tmp/www/page.html"
head -c 30000 /dev/zero | tr '\0' 'y' >"$tmp/ftp/pub/file.txt"
cat >"$tmp/nginx.conf" <<NGINX
daemon off; pid $tmp/run/nginx-NAME.pid; error_log $tmp/run/error.log; user root;
events {} http { access_log off; client_body_temp_path $tmp/run/b; proxy_temp_path $tmp/run/p;
fastcgi_temp_path $tmp/run/f; uwsgi_temp_path $tmp/run/u; scgi_temp_path $tmp/run/s;
server { listen 80; root $tmp/www; } }
NGINX
for ns in $wan $dmz; do
  sed "s/NAME/$ns/" "$tmp/nginx.conf" >"$tmp/nginx-$ns.conf"
  ip netns exec $ns nginx -c "$tmp/nginx-$ns.conf" 2>/dev/null & pids+=($!)
done
ip netns exec $wan dnsmasq -k -C /dev/null --no-resolv --no-hosts --pid-file="$tmp/run/dns.pid" \
  --listen-address=192.0.2.53 --bind-interfaces --address=/www.example/192.0.2.80 --user=root & pids+=($!)
cat >"$tmp/vsftpd.conf" <<FTP
listen=YES
background=NO
anonymous_enable=YES
anon_root=$tmp/ftp
no_anon_password=YES
secure_chroot_dir=$tmp/run
seccomp_sandbox=NO
pasv_min_port=50000
pasv_max_port=50100
FTP
ip netns exec $wan vsftpd "$tmp/vsftpd.conf" & pids+=($!)
# One recorder for the three interfaces, so that the file names them; only what arrives.
record=()
for i in 0 1 2; do
  mac=$(ip -n $fw -br link show eth$i | awk '{ print $3 }')
  record+=(-i eth$i -f "not ether src $mac")
done
ip netns exec $fw dumpcap -q "${record[@]}" -w "$tmp/raw.pcapng" 2>/dev/null & pids+=($!)
sleep 2

in_lan() { ip netns exec $lan "$@" >/dev/null 2>&1 || true; }
in_wan() { ip netns exec $wan "$@" >/dev/null 2>&1 || true; }
in_lan ping -c 3 -i 0.2 192.0.2.80
in_lan ping -c 2 -i 0.2 10.0.0.1
in_lan dig +time=1 +tries=1 @192.0.2.53 www.example
in_lan dig +time=1 +tries=1 @192.0.2.80 www.example
for i in 1 2 3; do in_lan curl -s -m 5 http://192.0.2.80/page.html; done
in_lan curl -s -m 5 --interface 10.0.0.21 http://192.0.2.80/page.html
in_lan curl -s -m 5 http://10.0.2.80/page.html
in_lan curl -s -m 5 ftp://192.0.2.80/pub/file.txt
in_lan curl -s -m 2 http://192.0.2.80:25/
in_wan curl -s -m 5 --interface 192.0.2.80 http://192.0.2.1/page.html
in_wan nmap -n -Pn -S 192.0.2.66 -e eth0 -sS -T4 --max-retries 0 -p 1-100 192.0.2.1
in_wan ping -c 2 -i 0.2 192.0.2.1
in_wan curl -s -m 2 --interface 192.0.2.66 http://192.0.2.1/page.html
sleep 1

kill "${pids[@]}" 2>/dev/null || true
sleep 0.5
reordercap "$tmp/raw.pcapng" "$out"
capinfos -c -I "$out"
