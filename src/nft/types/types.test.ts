// The tables of the language: consistent in themselves, and right at the places that are easily wrong.

import { expect, test } from 'vitest';
import {
  BASES,
  CT_KEYS,
  concatType,
  DATATYPES,
  datatypeByName,
  datatypeOf,
  dateType,
  findField,
  inetServiceType,
  ipaddrType,
  META_KEYS,
  numberOfProtocol,
  PROTOCOLS,
  paddedBits,
  portOfService,
  priorityByName,
  protocol,
  serviceOfPort,
  symbolName,
  symbols,
  symbolValue,
} from './index.ts';

test('a datatype is found by its name', () => {
  for (const type of DATATYPES) expect(datatypeOf(type.name)).toBe(type);
  expect(datatypeByName('ipv4_addr')).toBe(ipaddrType);
  expect(datatypeByName('ipv5_addr')).toBeUndefined();
});

test('no declaration can name the type of a date, a program can', () => {
  expect(datatypeByName('date')).toBeUndefined();
  expect(datatypeOf('date')).toBe(dateType);
});

test('fields of a header follow one another without overlap', () => {
  for (const { name, fields } of PROTOCOLS.values()) {
    const plain = fields.filter((field) => field.icmp === undefined && field.len > 0);
    const sorted = [...plain].sort((a, b) => a.offset - b.offset);
    sorted.forEach((field, i) => {
      const next = sorted[i + 1];
      if (next === undefined || next.offset === field.offset) return;
      expect(field.offset + field.len, `${name} ${field.name}`).toBeLessThanOrEqual(next.offset);
    });
  }
});

test('every header has a base, and what it leads to is a header', () => {
  for (const proto of PROTOCOLS.values()) {
    if (proto.base !== undefined) expect(BASES).toContain(proto.base);
    for (const field of proto.fields) expect(findField(proto, field.name)).toBe(field);
  }
});

test.each<[header: string, field: string, offset: number, len: number]>([
  ['ip', 'dscp', 8, 6],
  ['ip', 'saddr', 96, 32],
  ['ip6', 'dscp', 4, 6],
  ['ip6', 'flowlabel', 12, 20],
  ['ip6', 'daddr', 192, 128],
  ['tcp', 'dport', 16, 16],
  ['tcp', 'flags', 104, 8],
  ['vlan', 'id', 4, 12],
  ['ether', 'type', 96, 16],
  ['arp', 'operation', 48, 16],
  ['icmp', 'code', 8, 8],
  ['sctp', 'vtag', 32, 32],
])('%s %s is at bit %i, %i long', (header, field, offset, len) => {
  expect(findField(protocol(header), field)).toMatchObject({ offset, len });
});

test('symbols go both ways', () => {
  expect(symbolValue(symbols.CT_STATE, 'established')).toBe(2);
  expect(symbolName(symbols.CT_STATE, 64)).toBe('untracked');
  expect(symbolValue(symbols.ICMPV6_TYPE, 'nd-neighbor-solicit')).toBe(135);
  expect(symbolName(symbols.TCP_FLAG, 2)).toBe('syn');
  expect(symbolValue(symbols.DSCP, 'af41')).toBe(34);
});

test('services and protocols have names', () => {
  expect(portOfService('ssh')).toBe(22);
  expect(portOfService('https')).toBe(443);
  expect(serviceOfPort(53)).toBe('domain');
  expect(numberOfProtocol('sctp')).toBe(132);
  expect(numberOfProtocol('nonsense')).toBeUndefined();
});

test.each<[name: string, family: string, hook: string, want: number | undefined]>([
  ['filter', 'inet', 'input', 0],
  ['raw', 'ip', 'prerouting', -300],
  ['dstnat', 'ip', 'prerouting', -100],
  ['dstnat', 'ip', 'postrouting', undefined],
  ['srcnat', 'ip6', 'postrouting', 100],
  ['filter', 'bridge', 'forward', -200],
  ['out', 'bridge', 'output', 100],
  ['out', 'ip', 'output', undefined],
  ['raw', 'netdev', 'ingress', undefined],
])('priority %s in %s at %s is %s', (name, family, hook, want) => {
  expect(priorityByName(name, family, hook)).toBe(want);
});

test('a concatenation is known by the names of its fields', () => {
  const type = concatType([ipaddrType, inetServiceType]);
  expect(datatypeOf(type.name)?.parts).toEqual([ipaddrType, inetServiceType]);
  expect(paddedBits(inetServiceType.size)).toBe(32);
});

test('keys have the width the kernel gives them', () => {
  expect(META_KEYS.get('mark')?.len).toBe(32);
  expect(META_KEYS.get('l4proto')?.len).toBe(8);
  expect(META_KEYS.get('iifname')?.len).toBe(128);
  expect(CT_KEYS.get('label')?.len).toBe(128);
  expect(CT_KEYS.get('zone')?.len).toBe(16);
});
