import { expect, test } from 'vitest';
import { unhex } from '../bytes/index.ts';
import { describePacket } from './describe.ts';

test.each([
  {
    name: 'a SYN with options',
    bytes:
      '4500003c ff624000 400670cd 0a000014 c0000250 a1840050 76d2ee00 00000000 a002faf0 086d0000 020405b4 0402080a b65c5e52 00000000 0103030a',
    protocol: 0x800,
    want: 'IP 10.0.0.20.41348 > 192.0.2.80.80: Flags [S], seq 1993534976, win 64240, length 0',
  },
  {
    name: 'a later fragment',
    bytes: '4500001c 00010003 40110000 0a000001 0a000002 0000000000000000',
    protocol: 0x800,
    want: /^IP \(fragment at 24\) 10\.0\.0\.1 > 10\.0\.0\.2: /,
  },
  {
    name: 'ARP',
    bytes: '0001080006040001 020000000001 0a000014 000000000000 0a000001',
    protocol: 0x806,
    want: /Request who-has 10\.0\.0\.1 tell 10\.0\.0\.20/,
  },
])('one line: $name', ({ bytes, protocol, want }) => {
  const line = describePacket(unhex(bytes), protocol).replace(
    / cksum 0x\w+ \(incorrect[^)]*\),/,
    '',
  );
  if (typeof want === 'string') expect(line).toBe(want);
  else expect(line).toMatch(want);
});
