// Orders, sizes and answers are what ipset 7.17 and Linux 6.18 (x86_64) gave for the same requests.

import { describe, expect, test } from 'vitest';
import { manualClock, NS_PER_SECOND, seeded } from '../../core/index.ts';
import type { IpSetChange, IpSetFamily, IpSetOptions, IpSetType } from '../../program/index.ts';
import { IpSets } from './index.ts';

const ip = (text: string): string =>
  text
    .split('.')
    .map((octet) => Number(octet).toString(16).padStart(2, '0'))
    .join('');

function bed() {
  const clock = manualClock();
  const sets = new IpSets({ clock, random: seeded(1) });
  const create = (
    set: string,
    type: IpSetType,
    options: IpSetOptions = {},
    family: IpSetFamily = 'inet',
  ) => sets.apply({ kind: 'create', set, type, family, options });
  const adt = (kind: 'add' | 'del' | 'test', set: string, entry: object) =>
    sets.apply({ kind, set, entry } as IpSetChange);
  const of = (name: string) => sets.list().find((set) => set.name === name)!;
  return { clock, sets, create, adt, of };
}

describe('hash types', () => {
  test('elements come in the order of the hash that the initial value makes', () => {
    const b = bed();
    b.create('f', 'hash:ip', { forceadd: true, maxelem: 3, initval: 1 });
    for (const last of [1, 2, 3]) b.adt('add', 'f', { ip: ip(`1.1.1.${last}`) });
    expect(b.adt('add', 'f', { ip: ip('1.1.1.4') })).toBe('HASH_FULL');
    const { entries, memsize } = b.of('f');
    expect(entries.map((entry) => entry.ip)).toEqual(['1.1.1.3', '1.1.1.2', '1.1.1.1'].map(ip));
    expect(memsize).toBe(336);
  });

  test('a range is an element for each address', () => {
    const b = bed();
    b.create('h', 'hash:ip', { maxelem: 100000, initval: 0x7ac94e49 });
    expect(b.adt('add', 'h', { ip: ip('10.0.0.0'), cidr: 16 })).toBeUndefined();
    expect(b.adt('add', 'h', { ip: ip('10.0.0.0'), cidr: 8 })).toBe('EXIST');
    expect(b.adt('add', 'h', { ip: ip('11.0.0.0'), cidr: 17 })).toBeUndefined();
    const { entries, memsize, options } = b.of('h');
    expect(entries).toHaveLength(98304);
    expect(options.hashsize).toBe(65536);
    expect(memsize).toBe(2590528);
  });

  test('the longest prefix decides, and nomatch is no', () => {
    const b = bed();
    b.create('n', 'hash:net');
    b.adt('add', 'n', { ip: ip('10.0.0.0'), cidr: 8 });
    b.adt('add', 'n', { ip: ip('10.1.0.0'), cidr: 16, nomatch: true });
    b.adt('add', 'n', { ip: ip('10.1.1.1') });
    const is = (address: string, nomatch = false) =>
      b.adt('test', 'n', { ip: ip(address), nomatch }) === undefined;
    expect([is('10.9.9.9'), is('10.1.2.3'), is('10.1.1.1'), is('11.0.0.1')]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(is('10.1.2.3', true)).toBe(true);
    expect(b.adt('add', 'n', { ip: ip('0.0.0.0'), cidr: 0 })).toBe('INVALID_CIDR');
  });

  test('entries expire on the clock, and 0 is for ever', () => {
    const b = bed();
    b.create('t', 'hash:ip', { timeout: 10 });
    b.adt('add', 't', { ip: ip('1.1.1.1') });
    b.adt('add', 't', { ip: ip('1.1.1.2'), timeout: 0 });
    b.adt('add', 't', { ip: ip('1.1.1.3'), timeout: 20 });
    b.clock.advance(11 * NS_PER_SECOND);
    expect(b.adt('test', 't', { ip: ip('1.1.1.1') })).toBe('EXIST');
    expect(b.of('t').entries.map((entry) => entry.expires)).toEqual(
      expect.arrayContaining([0, 9000]),
    );
    expect(b.of('t').entries).toHaveLength(2);
  });
});

test('a bitmap keeps what was counted when an element is deleted and added', () => {
  const b = bed();
  b.create('c', 'bitmap:ip', { counters: true, range: { from: 0x0a000000, to: 0x0a0000ff } });
  b.adt('add', 'c', { ip: ip('10.0.0.1'), packets: '5' });
  b.adt('del', 'c', { ip: ip('10.0.0.1') });
  b.adt('add', 'c', { ip: ip('10.0.0.1') });
  expect(b.of('c').entries).toEqual([{ ip: '0a000001', packets: '5', bytes: '0' }]);
  expect(b.of('c').memsize).toBe(4216);
});

test('a list keeps its order, and holds its sets', () => {
  const b = bed();
  for (const name of ['a', 'n', 'z']) b.create(name, 'hash:ip');
  b.create('l', 'list:set', {}, 'unspec');
  b.adt('add', 'l', { name: 'a' });
  b.adt('add', 'l', { name: 'n', before: 'a' });
  b.adt('add', 'l', { name: 'z', after: 'n' });
  expect(b.of('l').entries.map((entry) => entry.name)).toEqual(['n', 'z', 'a']);
  expect(b.adt('add', 'l', { name: 'l' })).toBe('LOOP');
  expect(b.adt('add', 'l', { name: 'none' })).toBe('NAME');
  expect(b.sets.apply({ kind: 'destroy', set: 'a' })).toBe('BUSY');
  expect(b.sets.apply({ kind: 'rename', set: 'a', to: 'b' })).toBe('REFERENCED');
  b.adt('del', 'l', { name: 'a' });
  expect(b.sets.apply({ kind: 'destroy', set: 'a' })).toBeUndefined();
});

test('a list that was flushed counts its comments twice, as the kernel does', () => {
  const b = bed();
  b.create('m', 'hash:ip');
  b.create('l', 'list:set', {
    size: 4,
    timeout: 1000,
    counters: true,
    comment: true,
    skbinfo: true,
  });
  const sizes = [b.of('l').memsize];
  for (let round = 0; round < 2; round++) {
    b.adt('add', 'l', { name: 'm', comment: 'a 5' });
    sizes.push(b.of('l').memsize);
    b.sets.apply({ kind: 'flush', set: 'l' });
    sizes.push(b.of('l').memsize);
  }
  expect(sizes).toEqual([80, 196, 60, 176, 60]);
});

test('a swap changes what is behind names that are in use', () => {
  const b = bed();
  b.create('a', 'hash:ip');
  b.create('b', 'hash:ip');
  b.adt('add', 'b', { ip: ip('1.1.1.1') });
  const index = b.sets.get('a');
  expect(b.sets.apply({ kind: 'swap', set: 'a', to: 'b' })).toBeUndefined();
  expect(b.of('a').entries).toHaveLength(1);
  expect(b.sets.nameOf(index)).toBe('a');
  expect(b.of('a').references).toBe(1);
  expect(b.of('b').references).toBe(0);
});
