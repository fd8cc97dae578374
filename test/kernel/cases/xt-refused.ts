// Rules about targets that neither iptables nor the kernel takes.

import type { Case } from '../case.ts';

const REFUSED: readonly string[] = [
  'iptables -A INPUT -j DSCP --set-dscp 1',
  'iptables -A FORWARD -j TTL --ttl-set 4',
  'iptables -t mangle -A FORWARD -j ECN --ecn-tcp-remove',
  'iptables -A FORWARD -j REJECT --reject-with tcp-reset',
  'iptables -t mangle -A FORWARD -j REJECT',
  'iptables -A INPUT -j CLASSIFY --set-class 1:1',
  'iptables -A FORWARD -j CONNMARK --set-mark 1 --left-shift-mark 32',
  'iptables -A FORWARD -j CONNSECMARK --save',
  'iptables -A FORWARD -j NOTRACK',
  'iptables -A FORWARD -j SET --add-set nowhere src',
  'iptables -A FORWARD -m set --match-set nowhere src',
  'iptables -A FORWARD -j CT --zone 1',
  'iptables -t raw -A PREROUTING -j CT --helper ftp',
  'iptables -t raw -A PREROUTING -p udp -j CT --helper ftp',
  'iptables -t raw -A PREROUTING -p tcp -j CT --helper nosuch',
  'iptables -t raw -A PREROUTING -p tcp -j CT --timeout nosuch',
  'iptables -t raw -A PREROUTING -j CT --timeout policy',
  'iptables -t raw -A PREROUTING ! -p udp -j CT --timeout policy',
  'iptables -t raw -A PREROUTING -p udp -j CT --timeout policy',
  'ip6tables -t raw -A PREROUTING -p tcp -j CT --timeout policy',
  'iptables -A FORWARD -j MASQUERADE',
  'iptables -t nat -A PREROUTING -j MASQUERADE',
  'iptables -t nat -A PREROUTING -j SNAT --to-source 1.2.3.4',
  'iptables -t nat -A POSTROUTING -j DNAT --to-destination 1.2.3.4',
  'iptables -t nat -A INPUT -j REDIRECT',
  'iptables -t nat -A POSTROUTING -j DROP',
  'iptables -t nat -P POSTROUTING DROP',
  'ip6tables -t nat -A PREROUTING -j DROP',
  'iptables -A FORWARD -j TCPMSS --set-mss 5',
  'iptables -t mangle -A INPUT -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu',
  'iptables -t mangle -A PREROUTING -j TCPOPTSTRIP --strip-options mss',
  'iptables -A FORWARD -j TEE --gateway 0.0.0.0',
  'iptables -A FORWARD -j HMARK --hmark-spi 5 --hmark-sport 5 --hmark-mod 5 --hmark-rnd 1',
  'iptables -A FORWARD -j IDLETIMER --timeout 0 --label a',
  'iptables -t mangle -A PREROUTING -j TPROXY --on-port 5',
  'iptables -t mangle -A FORWARD -p tcp -j TPROXY --on-port 5',
  'iptables -A FORWARD -p tcp -j CHECKSUM --checksum-fill',
  'ip6tables -t mangle -A PREROUTING -j SNPT --src-pfx 1::/64 --dst-pfx 2::/64',
  'ip6tables -t mangle -A POSTROUTING -j SNPT --src-pfx 1::/65 --dst-pfx 2::/64',
  'ip6tables -t mangle -A POSTROUTING -j SNPT --src-pfx 1::1/64 --dst-pfx 2::/64',
];

export const xtRefusals: Case[] = REFUSED.map((run) => ({
  name: `xt refused: ${run}`,
  xtables: { [run.startsWith('ip6') ? 'ip6tables' : 'iptables']: '' },
  steps: [{ run, refused: true }],
  ...(run.includes(' --timeout policy') || run.includes(' --timeout nosuch')
    ? { policies: ['add timeout policy inet tcp close 5'] }
    : {}),
}));
