// What only ebtables has: counters that are changed, ranges of rules. ebtables-nft 1.8.9 finds no rule whose counters
// it is to change, so these are after xtables-eb.c and xshared.c of 1.8.13 and ebtables(8).

import { expect, test } from 'vitest';
import { compileLine, saveRuleset } from '../index.ts';
import { applied, programOf } from '../test-support.ts';

const THREE = [
  '-A INPUT -p IPv4 -c 10 1000 -j ACCEPT',
  '-A INPUT -p IPv6 -c 20 2000 -j DROP',
  '-A INPUT -p ARP -c 30 3000 -j DROP',
];

const countersBehind = (line: string): string =>
  saveRuleset(programOf('bridge', [...THREE, line]).program, 'bridge', { counters: true })
    .split('\n')
    .flatMap((one) => /^\[(.*)\]/.exec(one)?.[1] ?? [])
    .join(' ');

test.each([
  ['-C INPUT 1 5 6', '5:6 20:2000 30:3000'],
  ['-C INPUT 1:2 5 6', '5:6 5:6 30:3000'],
  ['-C INPUT 2: +1 -1', '10:1000 21:1999 31:2999'],
  ['-C INPUT :2 -1 +1', '9:1001 19:2001 30:3000'],
  ['-C INPUT 3 +1 -9999', '10:1000 20:2000 31:0'],
  ['-C INPUT +2 7 -p ARP -j DROP', '10:1000 20:2000 32:7'],
  ['--change-counters INPUT 1 2 -p IPv6 -j DROP', '10:1000 1:2 30:3000'],
  ['-D INPUT 2:3', '10:1000'],
  ['-D INPUT :2', '30:3000'],
  ['-D INPUT 2:', '10:1000'],
  ['--check INPUT -p ARP -j DROP', '10:1000 20:2000 30:3000'],
  ['--concurrent -D INPUT 1', '20:2000 30:3000'],
])('%s leaves %s', (line, want) => {
  expect(countersBehind(line)).toBe(want);
});

test.each([
  ['-C INPUT 9 1 1', 'Index of counter too big'],
  ['-C INPUT 1', 'needs at least 2 arguments'],
  ['-C INPUT x 1 -p ARP', "Packet counter 'x' invalid"],
  ['-C INPUT 1 2 3 -p ARP', 'No extra options allowed'],
  ['-C INPUT 1 2 -p X25', 'does a matching rule exist'],
  ['-D INPUT 2:9', 'Index of deletion too big'],
  ['--check INPUT -p ARP', 'does a matching rule exist'],
  ['-A INPUT -j DROP --Ln', 'Illegal option `--Ln'],
])('%s is refused: %s', (line, why) => {
  expect(() => countersBehind(line)).toThrow(why);
});

test('one rule of a list has no heading', () => {
  const current = programOf('bridge', THREE).program;
  const list = (...words: string[]): string =>
    compileLine(['-L', 'INPUT', ...words], { family: 'bridge', current }).output;
  expect(list('2')).toBe('-p IPv6 -j DROP\n');
  expect(list('2', '--Ln', '--Lc')).toBe('2. -p IPv6 -j DROP , pcnt = 20 -- bcnt = 2000\n');
  expect(list('9')).toBe('');
  const { batch } = compileLine(['-Z', 'INPUT'], { family: 'bridge', current });
  const zeroed = saveRuleset(applied(current, batch), 'bridge', { counters: true });
  expect(zeroed).toContain('[0:0] -A INPUT -p ARP');
});
