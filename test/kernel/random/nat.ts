// Random address translation.

import type { Random } from '../../../src/core/index.ts';
import type { RandomChain } from './grammar.ts';
import { PORTS, pick } from './words.ts';

const SOURCES = ['ip saddr 10.0.0.0/24', 'oifname "eth1"', 'oifname "eth2"'];
const DESTINATIONS = ['iifname "eth0"', 'iifname "eth1"'];
/** Random ports are chance; these flags change nothing else. */
const FLAGS = ['', '', '', ' persistent'];

const sourceNat = (r: Random): string =>
  pick(r, [
    'snat ip to 192.0.2.9',
    'snat ip to 192.0.2.9-192.0.2.11',
    'snat ip to 192.0.2.1',
    'masquerade',
    'snat ip6 to 2001:db8:1::9',
  ]) + pick(r, FLAGS);

/** With ports: nft wants to know that there are some. */
const portedSourceNat = (r: Random): string =>
  pick(r, [
    'snat ip to 192.0.2.9:2000-3000',
    'snat ip to 192.0.2.9:5353',
    'masquerade to :1024-65535',
    'masquerade to :4000',
    'snat ip6 to [2001:db8:1::9]:5000',
  ]);

function sourceRule(r: Random): string {
  if (r.below(3) === 0)
    return `meta l4proto ${pick(r, ['tcp', 'udp'])} counter ${portedSourceNat(r)}`;
  const port = r.below(3) === 0 ? `th dport ${pick(r, PORTS)} ` : '';
  const l4 = port === '' ? '' : 'meta l4proto { tcp, udp } ';
  const to = sourceNat(r);
  return `${to.includes('ip6') ? 'oifname "eth1"' : pick(r, SOURCES)} ${l4}${port}counter ${to}`;
}

const destinationNat = (r: Random): string =>
  pick(r, [
    'dnat ip to 10.0.2.2',
    'dnat ip to 10.0.2.2-10.0.2.4',
    `dnat ip to 10.0.2.2:${pick(r, PORTS)}`,
    'dnat ip to 10.0.2.2:100-200',
    'dnat ip6 to 2001:db8:2::2',
    `dnat ip6 to [2001:db8:2::2]:${pick(r, PORTS)}`,
    'redirect',
    `redirect to :${pick(r, PORTS)}`,
    'redirect to :2000-2010',
    'dnat ip to numgen inc mod 2 map { 0 : 10.0.2.2, 1 : 10.0.2.3 }',
    'accept',
    'return',
  ]);

function destinationRule(r: Random): string {
  const protocol = pick(r, ['tcp', 'udp']);
  const mapped = `${pick(r, DESTINATIONS)} counter dnat ip to ${protocol} dport map { 53 : 10.0.2.2, 80 : 10.0.2.3, 443 : 192.0.2.7 }`;
  if (r.below(5) === 0) return mapped;
  return `${pick(r, DESTINATIONS)} ${protocol} dport ${pick(r, PORTS)} counter ${destinationNat(r)}`;
}

const outputRule = (r: Random): string =>
  `${pick(r, ['tcp', 'udp'])} dport ${pick(r, PORTS)} counter ${pick(r, ['dnat ip to 10.0.0.2', 'redirect', 'accept'])}`;

const inputRule = (r: Random): string =>
  `${pick(r, DESTINATIONS)} ${pick(r, ['tcp', 'udp'])} dport ${pick(r, PORTS)} counter snat ip to 10.0.0.77`;

const RULES: Readonly<Record<string, (r: Random) => string>> = {
  prerouting: destinationRule,
  postrouting: sourceRule,
  output: outputRule,
  input: inputRule,
};

/** A chain of type nat; in a table of one family the rules of the other say nothing there. */
export function natChain(r: Random, family: 'inet' | 'ip'): RandomChain {
  const hook = pick(r, [
    'prerouting',
    'prerouting',
    'postrouting',
    'postrouting',
    'output',
    'input',
  ]);
  const priority = hook === 'postrouting' || hook === 'input' ? 100 : -100;
  const lines = Array.from({ length: 1 + r.below(3) }, () => RULES[hook]!(r));
  return {
    name: `nat_${hook}`,
    head: `type nat hook ${hook} priority ${priority}; policy accept;`,
    rules: family === 'ip' ? lines.filter((line) => !line.includes('ip6')) : lines,
  };
}
