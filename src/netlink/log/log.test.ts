import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeLogConfig,
  decodeLoggedPacket,
  encodeLogConfig,
  encodeLoggedPacket,
  type LogConfig,
  type LoggedPacket,
} from '../index.ts';
import type { Message } from '../message.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u8 = fc.integer({ min: 0, max: 0xff });
const bytes = fc.uint8Array({ maxLength: 60 });

const packet: fc.Arbitrary<LoggedPacket> = fc.record(
  {
    group: u16,
    family: u8,
    protocol: u16,
    hook: u8,
    payload: bytes,
    prefix: fc.stringMatching(/^[ -~]{1,20}$/),
    mark: u32,
    indev: u32,
    outdev: u32,
    physindev: u32,
    physoutdev: u32,
    hwaddr: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    hwtype: u16,
    hwheader: bytes,
    timestamp: fc.record({ seconds: u32, microseconds: fc.integer({ min: 0, max: 999_999 }) }),
    uid: u32,
    gid: u32,
    seq: u32,
    seqGlobal: u32,
    ctInfo: fc.integer({ min: 0, max: 4 }),
    ct: bytes,
    others: fc.constant({ 21: Uint8Array.of(1, 2), 99: Uint8Array.of(3) }),
  },
  { requiredKeys: ['group', 'family', 'protocol', 'hook'] },
);

const config: fc.Arbitrary<LogConfig> = fc.oneof(
  fc.record({ group: u16, command: u8 }),
  fc.record({ group: u16, copyMode: u8, copyRange: u32, timeout: u32, threshold: u32 }),
  fc.record({
    group: u16,
    bufferSize: u32,
    flags: u16,
    unknown: fc.constant({ 50: Uint8Array.of(7) }),
  }),
);

test.each([true, false])(
  'a logged packet is what was written, little endian %s',
  (littleEndian) => {
    fc.assert(
      fc.property(packet, (one) => {
        expect(decodeLoggedPacket(encodeLoggedPacket(one, littleEndian), littleEndian)).toEqual(
          one,
        );
      }),
    );
  },
);

test.each([true, false])(
  'a configuration is what was written, little endian %s',
  (littleEndian) => {
    fc.assert(
      fc.property(config, u32, (one, seq) => {
        expect(decodeLogConfig(encodeLogConfig(one, seq, littleEndian), littleEndian)).toEqual(one);
      }),
    );
  },
);

const damaged = (message: Message, at: number, value: number, length: number): Message => {
  const payload = message.payload.slice(0, Math.min(length, message.payload.length));
  if (at < payload.length) payload[at] = value;
  return { ...message, payload };
};

test('a message cut or damaged anywhere is a value', () => {
  fc.assert(
    fc.property(packet, fc.nat(400), u8, fc.nat(400), (one, at, value, length) => {
      const read = decodeLoggedPacket(
        damaged(encodeLoggedPacket(one, true), at, value, length),
        true,
      );
      expect('ok' in read ? read.error : read.group).toBeDefined();
    }),
  );
});

test('a packet without its header is told', () => {
  const { payload, ...rest } = encodeLoggedPacket(
    { group: 1, family: 2, protocol: 0x800, hook: 0 },
    true,
  );
  expect(decodeLoggedPacket({ ...rest, payload: payload.slice(0, 4) }, true)).toEqual({
    ok: false,
    error: 'no packet header',
  });
});
