// What the parameters of helpers change; their defaults are judged by the kernel in test/kernel.

import { describe, expect, test } from 'vitest';
import { HelperBench } from './bench.ts';
import { ftpHelper } from './ftp.ts';
import {
  amandaHelper,
  ircHelper,
  KERNEL_HELPERS,
  registerKernelHelpers,
  type SipOptions,
  sipHelper,
} from './index.ts';

test.each([
  [false, []],
  [true, ['tcp 192.0.2.2 > 10.0.0.3:258']],
])('ftp, loose %s: a port at another address', (loose, expected) => {
  const bench = new HelperBench(ftpHelper({ loose }), { port: 21 });
  bench.client('NOOP\r\n');
  bench.client('PORT 10,0,0,3,1,2\r\n');
  expect(bench.expected).toEqual(expected);
});

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');
const invite = (address: string): string =>
  lines(
    'INVITE sip:b@192.0.2.2 SIP/2.0',
    'CSeq: 1 INVITE',
    'Content-Length: 64',
    '',
    'v=0',
    `c=IN IP4 ${address}`,
    'm=audio 30000 RTP/AVP 0',
  );
const register = lines(
  'REGISTER sip:192.0.2.2 SIP/2.0',
  'CSeq: 1 REGISTER',
  'Contact: <sip:a@10.0.0.2:40000>;expires=60',
  '',
);

describe('sip', () => {
  /** Over UDP, as a bench for both would begin with the first protocol of the helper. */
  const bench = (options: Partial<SipOptions>): HelperBench =>
    new HelperBench({ ...sipHelper(options), protocols: [17] }, { port: 5060 });

  test.each([
    [true, []],
    [false, ['udp * > 10.0.0.3:30000', 'udp * > 10.0.0.3:30001']],
  ])('directMedia %s: media at another address', (directMedia, expected) => {
    const it = bench({ directMedia });
    it.client(invite('10.0.0.3'));
    expect(it.expected).toEqual(expected);
  });

  test.each([
    [true, ['udp 192.0.2.2 > 10.0.0.2:40000']],
    [false, ['udp * > 10.0.0.2:40000']],
  ])('directSignalling %s: who may call', (directSignalling, expected) => {
    const it = bench({ directSignalling });
    it.client(register);
    expect(it.expected).toEqual(expected);
  });

  test('a call that was announced on one connection is not announced on another', () => {
    const it = bench({ directMedia: false });
    it.client(invite('10.0.0.2'));
    const text = invite('10.0.0.2').replaceAll('\r', '\\r').replaceAll('\n', '\\n');
    it.send(`udp 10.0.0.2:40001 > 192.0.2.3:5060 data "${text}"`);
    expect(it.expected).toHaveLength(2);
  });
});

test.each([
  [1, ['tcp * > 10.0.0.2:5552']],
  [2, ['tcp * > 10.0.0.2:5551', 'tcp * > 10.0.0.2:5552']],
])('irc, maxDccChannels %s: the oldest gives way', (maxDccChannels, expected) => {
  const bench = new HelperBench(ircHelper({ maxDccChannels, dccTimeout: 20 }), { port: 6667 });
  bench.server(':server 001 me :welcome\r\n');
  for (const port of [5550, 5551, 5552])
    bench.client(`PRIVMSG friend :\x01DCC SEND file 167772162 ${port} 1000\x01\r\n`);
  expect(bench.expected.sort()).toEqual(expected);
  bench.advance(20);
  expect(bench.expected).toEqual([]);
});

test('amanda, masterTimeout: so long the connection lasts behind an answer', () => {
  const bench = new HelperBench(amandaHelper({ masterTimeout: 44 }), { port: 10080 });
  bench.client('Amanda 2.4 REQ');
  bench.server('Amanda 2.4 REP');
  expect(bench.conntrack.entryOf(bench.slot).timeout).toBe(44);
});

test('one of the kernel’s names takes its place, all others stay', () => {
  const { conntrack, nat } = new HelperBench({ ...amandaHelper(), name: 'none' });
  registerKernelHelpers(conntrack, nat, [ircHelper({ maxDccChannels: 1 })]);
  const { helpers } = conntrack.store;
  expect(helpers.find('irc', 2, 6)?.policies[0]?.maxExpected).toBe(1);
  for (const { name, protocols } of KERNEL_HELPERS)
    expect(helpers.find(name, 2, protocols[0]!)?.name).toBe(name);
});
