import { expect, test } from 'vitest';
import { type Hole, Outlines, u16Between, wordEnd } from './outlines.ts';

const number: Hole<number[]> = (text, at, found) => {
  const end = wordEnd(text, at);
  const value = u16Between(text, at, end);
  if (value < 0) return -1;
  found.push(value);
  return end;
};

const outlines = () =>
  new Outlines<number[], string>([], (found) => {
    found.length = 0;
  });
const ports = { texts: ['from ', ' to ', ''], holes: [number, number], like: 'ports' };
const one = { texts: ['from ', ' on'], holes: [number], like: 'one' };

test.each([
  { says: 'a line', text: 'from 1 to 65535\n', like: 'ports', found: [1, 65535] },
  { says: 'another one behind it', text: 'from 1 to 2\nfrom 3', like: 'ports', found: [1, 2] },
  { says: 'what fits a part of the first', text: 'from 7 on\n', like: 'one', found: [7] },
  { says: 'a line that goes on', text: 'from 1 to 2 too\n' },
  { says: 'a line without its newline', text: 'from 1 to 2' },
  { says: 'another word', text: 'from 1 do 2\n' },
  { says: 'another blank', text: 'from 1\tto 2\n' },
  { says: 'too large a number', text: 'from 1 to 65536\n' },
  { says: 'zeroes in front', text: 'from 01 to 2\n' },
  { says: 'a hole that is empty', text: 'from  to 2\n' },
])('$says fits: $like', ({ text, like, found = [] }) => {
  const known = outlines();
  known.keep(one);
  known.keep(ports);
  expect(known.fit(text, 0)).toBe(like);
  if (like === undefined) return;
  expect(known.found).toEqual(found);
  expect(known.end).toBe(text.indexOf('\n'));
});

test('where nothing is alike, it is given up in time', () => {
  const known = outlines();
  known.keep(ports);
  for (let i = 0; i < 1000; i++) expect(known.fit('nothing\n', 0)).toBeUndefined();
  expect(known.fit('from 1 to 2\n', 0)).toBeUndefined();
});

test.each([
  ['0', 0],
  ['80', 80],
  ['65535', 65535],
  ['65536', -1],
  ['080', -1],
  ['00', -1],
  ['', -1],
  ['8a', -1],
  ['100000', -1],
])('%j as a number of 16 bits: %i', (text, value) => {
  expect(u16Between(text, 0, text.length)).toBe(value);
});
