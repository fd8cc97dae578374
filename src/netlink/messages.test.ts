// What the kernel said, read and written again; and what it never says, which must give a value.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex, unhex } from '../bytes/index.ts';
import {
  type CtEntry,
  connectionRequest,
  createExpectationRequest,
  decodeConnection,
  decodeCpuStatistics,
  decodeError,
  decodeExpectation,
  decodeGlobalStatistics,
  decodeLogConfig,
  decodeLoggedPacket,
  decodeRoute,
  decodeTimeoutPolicy,
  decodeTrace,
  encodeLoggedPacket,
  encodeMessage,
  eventOf,
  kindOf,
  type Message,
  refusalText,
  splitMessages,
  timeoutPolicyRequest,
} from './index.ts';
import { RECORDED } from './recorded.ts';

function messageOf(bytes: string): Message {
  const { messages, error } = splitMessages(unhex(bytes), true);
  expect(error).toBeUndefined();
  return messages[0]!;
}

const DECODERS = {
  connection: decodeConnection,
  expectation: decodeExpectation,
  log: decodeLoggedPacket,
  logConfig: decodeLogConfig,
  trace: decodeTrace,
  timeout: decodeTimeoutPolicy,
  cpu: decodeCpuStatistics,
  global: decodeGlobalStatistics,
  route: decodeRoute,
  error: decodeError,
};

describe('connections', () => {
  test('a new one that is translated, with a zone of the original direction', () => {
    const message = messageOf(RECORDED.translated);
    expect([kindOf(message), eventOf(message)]).toEqual(['connection', 'new']);
    const entry = decodeConnection(message, true) as CtEntry;
    expect(entry).toMatchObject({
      family: 'ip',
      protocol: 6,
      original: { src: '1.1.1.1', dst: '2.2.2.2', sport: 10, dport: 20 },
      reply: { src: '2.2.2.2', dst: '9.9.9.9', sport: 20, dport: 77 },
      timeout: 500,
      status: 0x19e,
      state: 'ESTABLISHED',
      peers: [
        { scale: 0, flags: 0x0a },
        { scale: 0, flags: 0x0a },
      ],
      mark: 7,
      zone: 3,
      zoneDir: 1,
    });
    expect(entry.absent).toBeUndefined();
    // CTA_SYNPROXY and CTA_TIMESTAMP_EVENT
    expect(Object.keys(entry.unknown ?? {})).toEqual(['24', '27']);
  });

  test('ICMPv6 of a dump, with counters and the time it began', () => {
    const entry = decodeConnection(messageOf(RECORDED.icmpv6), true) as CtEntry;
    expect(entry.original).toEqual({
      ...{ src: '::1', dst: '::2', type: 128, code: 0, id: 77 },
      ...{ packets: 0, bytes: 0 },
    });
    expect(entry.reply.type).toBe(129);
    expect(new Date((entry.start ?? 0) * 1000).toISOString().slice(0, 10)).toBe('2026-11-28');
    expect(entry.use).toBe(1);
  });

  test('SCTP, with tags and a zone of both directions', () => {
    const entry = decodeConnection(messageOf(RECORDED.sctp), true) as CtEntry;
    expect(entry).toMatchObject({ protocol: 132, state: 'ESTABLISHED', zone: 4 });
    expect(entry.zoneDir).toBeUndefined();
    expect(entry.vtags).toEqual([0x05000000, 0x06000000]);
  });

  test('the end of one tells counters and both times, and no mark that is 0', () => {
    const message = messageOf(RECORDED.ended);
    expect(eventOf(message)).toBe('destroy');
    const entry = decodeConnection(message, true) as CtEntry;
    expect(entry.original).toMatchObject({ packets: 1, bytes: 37 });
    expect(entry.absent).toEqual(['mark']);
    expect(entry.stop ?? 0).toBeGreaterThan(entry.start ?? 0);
  });

  test.each([true, false])('what is asked for is read back, little-endian: %s', (littleEndian) => {
    const entry = decodeConnection(messageOf(RECORDED.translated), true) as CtEntry;
    const { absent: _, use: __, zone, zoneDir: ___, id, ...rest } = entry;
    const request = { ...rest, id, originalZone: zone };
    const message = connectionRequest('create', request, 9, littleEndian);
    expect(decodeConnection(message, littleEndian)).toEqual(entry);
  });

  test('ends of a translation are one address and one port each', () => {
    const ends = { src: '1.1.1.1', dst: '2.2.2.2', sport: 1, dport: 2 };
    const message = connectionRequest(
      'create',
      { family: 'ip', protocol: 17, original: ends, snat: { address: '9.9.9.9', port: 77 } },
      1,
      true,
    );
    expect(hex(message.payload).slice(-64)).toBe(
      '20000680' + '0800010009090909' + '14000380' + '06000100004d0000' + '06000200004d0000',
    );
  });

  test('a text that is no address is refused', () => {
    const ends = { src: '1.1.1', dst: '2.2.2.2' };
    const request = { family: 'ip', protocol: 6, original: ends } as const;
    expect(() => connectionRequest('get', request, 1, true)).toThrow("'1.1.1' is no address");
  });
});

describe('other messages', () => {
  test('an expectation, both ways', () => {
    const read = decodeExpectation(messageOf(RECORDED.expectation), true);
    if ('ok' in read) throw new Error(read.error);
    expect(read).toMatchObject({
      protocol: 39,
      tuple: { src: '127.0.0.1', dst: '127.0.0.1' },
      master: { sport: 4101, dport: 21, protocol: 6 },
      masterHelper: 'ftp',
    });
    const { id: _, ...rest } = read;
    expect(decodeExpectation(createExpectationRequest(rest, 1, false), false)).toEqual(rest);
  });

  test('a logged packet, both ways to the byte', () => {
    const message = messageOf(RECORDED.log);
    const log = decodeLoggedPacket(message, true);
    if ('ok' in log) throw new Error(log.error);
    expect(log).toMatchObject({ group: 5, prefix: 'hello ', hook: 3, outdev: 1, uid: 0, seq: 0 });
    expect(hex(log.payload?.subarray(0, 4) ?? new Uint8Array(0))).toBe('45000025');
    expect(decodeLoggedPacket(encodeLoggedPacket(log, true), true)).toEqual(log);
    expect(encodeLoggedPacket(log, true).payload.length).toBe(message.payload.length);
  });

  test('a step of a trace, with its connection', () => {
    const step = decodeTrace(messageOf(RECORDED.trace), true);
    expect(step).toMatchObject({
      ...{ type: 'rule', family: 'ip', table: 't', chain: 'o', handle: 6, oif: 1 },
      verdict: { code: -1 },
      connection: { direction: 0, status: 0, state: 8 },
    });
    expect('unknown' in step).toBe(false);
    expect(decodeTrace(messageOf(RECORDED.policy), true)).toMatchObject({
      ...{ type: 'policy', policy: 1 },
    });
  });

  test('a timeout policy, both ways', () => {
    const policy = decodeTimeoutPolicy(messageOf(RECORDED.timeout), true);
    if ('ok' in policy) throw new Error(policy.error);
    expect(policy).toMatchObject({ name: 'p1', l3proto: 2, l4proto: 6, use: 1 });
    expect(policy.values[3]).toBe(77);
    const { use: _, ...rest } = policy;
    expect(decodeTimeoutPolicy(timeoutPolicyRequest(rest, true, 1, false), false)).toEqual(rest);
  });

  test('statistics by their names', () => {
    const cpu = decodeCpuStatistics(messageOf(RECORDED.cpu), true);
    expect(Object.keys('counts' in cpu ? cpu.counts : {}).slice(0, 3)).toEqual([
      ...['found', 'invalid', 'insert'],
    ]);
    expect(decodeGlobalStatistics(messageOf(RECORDED.global), true)).toMatchObject({
      most: 262144,
    });
  });

  test('an address and a route of the loopback', () => {
    expect(decodeRoute(messageOf(RECORDED.address), true)).toMatchObject({
      ...{ kind: 'address', index: 1, address: '127.0.0.1', prefix: 8 },
    });
    expect(decodeRoute(messageOf(RECORDED.route), true)).toMatchObject({
      ...{ kind: 'route', destination: '127.0.0.0', outdev: 1, table: 255, type: 2 },
    });
  });

  test("a refusal's text has the kernel's words and the place", () => {
    const base = { ok: true, errno: 22, seq: 1, type: 256 } as const;
    expect(refusalText({ ...base, message: 'no such thing', offset: 24 })).toBe(
      'no such thing (at byte 24 of the message)',
    );
    expect(refusalText(base)).toBeUndefined();
  });
});

const CUT = Object.entries(RECORDED);

describe('damage', () => {
  test.each(CUT)('%s cut anywhere is a value', (_, bytes) => {
    const whole = messageOf(bytes);
    for (let length = 0; length < whole.payload.length; length++) {
      const message = { ...whole, payload: whole.payload.subarray(0, length) };
      for (const decode of Object.values(DECODERS)) {
        const read = decode(message, true);
        if ('ok' in read && !read.ok) expect(read.error).not.toBe('');
      }
    }
  });

  test('bytes changed anywhere give a value in both byte orders', () => {
    const names = fc.constantFrom(...CUT.map(([, bytes]) => bytes));
    const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(names, changes, fc.boolean(), (bytes, changed, littleEndian) => {
        const raw = encodeMessage(messageOf(bytes), true);
        for (const [at, value] of changed) if (at < raw.length) raw[at] = value;
        for (const message of splitMessages(raw, littleEndian).messages)
          for (const decode of Object.values(DECODERS)) decode(message, littleEndian);
      }),
      { numRuns: 2000 },
    );
  });
});
