// Short words the cases are written with.

import type { Case, Step } from '../case.ts';

export const lan = (packet: string): Step => ({ on: 'eth0', packet });
export const wan = (packet: string): Step => ({ on: 'eth1', packet });
export const dmz = (packet: string): Step => ({ on: 'eth2', packet });
export const local = (packet: string): Step => ({ local: packet });
export const wait = (seconds: number): Step => ({ wait: seconds });

/** Both families of one case: `@` in names becomes the family, addresses are swapped. */
export const HOSTS = {
  ip: {
    client: '10.0.0.2',
    other: '10.0.0.3',
    server: '192.0.2.2',
    dmz: '10.0.2.2',
    router: '10.0.0.1',
    wan: '192.0.2.1',
    icmp: 'icmp',
  },
  ip6: {
    client: '2001:db8::2',
    other: '2001:db8::3',
    server: '2001:db8:1::2',
    dmz: '2001:db8:2::2',
    router: '2001:db8::1',
    wan: '2001:db8:1::1',
    icmp: 'icmp6',
  },
} as const;

export type Hosts = (typeof HOSTS)[keyof typeof HOSTS];
export type L3 = keyof typeof HOSTS;

/** An address with a port as the notation writes it. */
export const at = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** The same cases in both families. */
export const bothAll = (make: (l3: L3, hosts: Hosts) => readonly Case[]): Case[] =>
  (Object.keys(HOSTS) as L3[]).flatMap((l3) =>
    make(l3, HOSTS[l3]).map((one) => ({
      ...one,
      name: `${one.name}, ${l3 === 'ip' ? 'IPv4' : 'IPv6'}`,
    })),
  );

/** The same case in both families. */
export const both = (make: (l3: L3, hosts: Hosts) => Case): Case[] =>
  bothAll((l3, hosts) => [make(l3, hosts)]);

/** A filter table of family inet with one base chain per entry. */
export const filter = (chains: Readonly<Record<string, string>>, policy = 'accept'): string =>
  `table inet filter {\n${Object.entries(chains)
    .map(
      ([hook, rules]) =>
        `  chain ${hook} {\n    type filter hook ${hook} priority filter; policy ${policy};\n${indented(rules)}\n  }`,
    )
    .join('\n')}\n}\n`;

const indented = (rules: string): string =>
  rules
    .trim()
    .split('\n')
    .map((line) => `    ${line.trim()}`)
    .join('\n');

/** Sequence numbers of a conversation, so that a script reads like a capture. */
export interface Talk {
  readonly from: string;
  readonly to: string;
}

/** SYN, SYN/ACK, ACK between a LAN client and a WAN server; ISNs 1000 and 5000. */
export const handshake = ({ from, to }: Talk): Step[] => [
  lan(`tcp ${from} > ${to} syn seq 1000 win 64240 mss 1460`),
  wan(`tcp ${to} > ${from} syn,ack seq 5000 ack 1001 win 65160 mss 1460`),
  lan(`tcp ${from} > ${to} ack seq 1001 ack 5001 win 64240`),
];
