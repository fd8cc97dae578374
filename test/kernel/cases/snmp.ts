// SNMP through NAT: addresses in answers and traps.

import type { Case } from '../case.ts';
import { helped, snat } from './helpers.ts';
import { lan, wan } from './words.ts';

/** BER of a tag and its parts. */
const ber = (tag: number, ...parts: readonly (readonly number[])[]): number[] => {
  const body = parts.flat();
  return [tag, ...(body.length < 128 ? [body.length] : [0x81, body.length]), ...body];
};
const integer = (value: number): number[] => ber(2, [value]);
const oid = ber(6, [0x2b, 6, 1, 2, 1, 4]);
const bytesOf = (address: string): number[] => address.split('.').map(Number);
const ipAddress = (address: string): number[] => ber(0x40, bytesOf(address));

const message = (pdu: number, values: readonly (readonly number[])[], version = 1): number[] =>
  ber(
    0x30,
    integer(version),
    ber(
      4,
      [...'public'].map((c) => c.charCodeAt(0)),
    ),
    ber(
      pdu,
      integer(1),
      integer(0),
      integer(0),
      ber(0x30, ...values.map((value) => ber(0x30, oid, value))),
    ),
  );

const hex = (bytes: readonly number[]): string =>
  bytes.map((b) => b.toString(16).padStart(2, '0')).join('');

const TRAP = 0xa7;
const RESPONSE = 0xa2;
const long = ber(
  4,
  Array.from({ length: 130 }, () => 65),
);

const trap = (name: string, bytes: readonly number[]): Case => ({
  name: `SNMP trap through SNAT: ${name}`,
  ruleset: helped('snmp_trap', 'udp', 162, snat('ip')),
  steps: [lan(`udp 10.0.0.2:162 > 192.0.2.2:162 hex ${hex(bytes)}`)],
});

export const snmp: Case[] = [
  trap('the agent’s address is rewritten', message(TRAP, [ipAddress('10.0.0.2')])),
  trap('another address is not', message(TRAP, [ipAddress('10.0.0.3')])),
  trap(
    'among other values, and twice',
    message(TRAP, [integer(1), ipAddress('10.0.0.2'), long, ber(5), ipAddress('10.0.0.2')]),
  ),
  trap('version 1 of SNMP', message(TRAP, [ipAddress('10.0.0.2')], 0)),
  trap('version 3', message(TRAP, [ipAddress('10.0.0.2')], 3)),
  trap('a trap of version 1', message(0xa4, [ipAddress('10.0.0.2')], 0)),
  trap('no values', message(TRAP, [])),
  trap('cut short', message(TRAP, [ipAddress('10.0.0.2')]).slice(0, -1)),
  trap('bytes behind', [...message(TRAP, [ipAddress('10.0.0.2')]), 0]),
  trap('no BER', [1, 2, 3]),
  trap('an address of three bytes', message(TRAP, [ber(0x40, [10, 0, 0])])),
  {
    name: 'SNMP: an answer through SNAT',
    ruleset: helped('snmp', 'udp', 161, snat('ip')),
    steps: [
      lan(`udp 10.0.0.2:5000 > 192.0.2.2:161 hex ${hex(message(0xa0, [ber(5)]))}`),
      wan(
        `udp 192.0.2.2:161 > 192.0.2.9:5000 hex ${hex(message(RESPONSE, [ipAddress('192.0.2.2'), ipAddress('192.0.2.9'), ipAddress('10.0.0.2')]))}`,
      ),
    ],
  },
];
