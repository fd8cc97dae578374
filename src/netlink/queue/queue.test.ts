import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex, put16le, unhex } from '../../bytes/index.ts';
import {
  decodeQueueConfig,
  decodeVerdict,
  encodeMessage,
  encodeQueueConfig,
  encodeQueueMessage,
  messageLength,
  messageType,
  QUEUE_PACKET,
  QueueMessage,
  queueBinding,
  readQueueMessage,
  splitMessages,
  VerdictWriter,
} from '../index.ts';

/** As the kernel wrote it: a datagram to port 9, forwarded from interface 2 to 3. */
const PACKET = unhex(
  [
    '54000000 0003 0000 00000000 00000000 02 00 0007',
    '0b00 0100 00000005 0800 02 00',
    '0800 0500 00000002 0800 0600 00000003 0800 0300 0000002a',
    '1000 0900 0006 0000 020000000001 0000',
    '0c00 0a00 4500001c 00010000',
  ]
    .join('')
    .replaceAll(' ', ''),
);

const read = (bytes: Uint8Array, littleEndian = true) => {
  const out = new QueueMessage();
  const fault = readQueueMessage(bytes, 0, bytes.length, littleEndian, out);
  return { fault, out };
};

describe('packets', () => {
  test('all that the kernel says', () => {
    const { fault, out } = read(PACKET);
    expect(fault).toBe('');
    expect(out).toMatchObject({
      queue: 7,
      family: 2,
      id: 5,
      protocol: 0x0800,
      hook: 2,
      indev: 2,
      outdev: 3,
      mark: 42,
      hwaddrLength: 6,
      length: 8,
      uid: -1,
      ctInfo: -1,
    });
    expect(hex(PACKET.subarray(out.payload, out.payloadEnd))).toBe('4500001c00010000');
    expect(hex(PACKET.subarray(out.hwaddr, out.hwaddr + 6))).toBe('020000000001');
    expect(messageType(PACKET, 0, true)).toBe(QUEUE_PACKET);
    expect(messageLength(PACKET, 0, true)).toBe(PACKET.length);
  });

  test('attributes of newer kernels are counted and left where they are', () => {
    const more = new Uint8Array(PACKET.length + 8);
    more.set(PACKET);
    more.set(unhex('0800 ff00 deadbeef'.replaceAll(' ', '')), PACKET.length);
    const { fault, out } = read(more);
    expect([fault, out.unknown, out.id]).toEqual(['', 1, 5]);
    expect(hex(more.subarray(out.end - 4, out.end))).toBe('deadbeef');
  });

  test.each([
    ['cut in its header', PACKET.subarray(0, 18), 'short header'],
    ['cut amid an attribute', PACKET.subarray(0, PACKET.length - 3), 'attribute length'],
    ['without a packet header', PACKET.subarray(0, 20), 'no packet header'],
  ])('a message %s is a fault', (_, bytes, fault) => {
    expect(read(bytes).fault).toBe(fault);
  });

  test.each([
    ['a packet header of three bytes', 20, 7, 'short attribute'],
    ['an attribute shorter than its own header', 20, 3, 'attribute length'],
    ['an attribute longer than the message', 20, 0x7fff, 'attribute length'],
  ])('%s is a fault', (_, at, length, fault) => {
    const bytes = PACKET.slice();
    put16le(bytes, at, length);
    expect(read(bytes).fault).toBe(fault);
  });

  test('nothing is left of the message before', () => {
    const out = new QueueMessage();
    readQueueMessage(PACKET, 0, PACKET.length, true, out);
    const bare = unhex(
      '20000000000300000000000000000000020000070b000100000000090800020000'.slice(0, 64),
    );
    expect(readQueueMessage(bare, 0, bare.length, true, out)).toBe('');
    expect(out).toMatchObject({
      id: 9,
      mark: 0,
      indev: 0,
      payloadEnd: 0,
      length: 0,
      hwaddrLength: 0,
    });
  });

  const u16 = fc.integer({ min: 0, max: 0xffff });
  const u32 = fc.integer({ min: 0, max: 0xffffffff });
  const described = fc.record({
    queue: u16,
    family: fc.constantFrom(2, 7, 10),
    id: u32,
    protocol: u16,
    hook: fc.nat(4),
    mark: u32,
    seconds: fc.integer({ min: 0, max: 2 ** 40 }),
    microseconds: fc.nat(999_999),
    indev: u32,
    outdev: u32,
    physindev: u32,
    physoutdev: u32,
    skbInfo: fc.nat(7),
    uid: fc.option(u32, { nil: -1 }),
    gid: fc.option(u32, { nil: -1 }),
    ctInfo: fc.option(fc.nat(7), { nil: -1 }),
    vlan: fc.option(fc.tuple(u16, u16), { nil: undefined }),
    priority: u32,
    payload: fc.uint8Array({ minLength: 1, maxLength: 64 }),
    beyond: fc.nat(1500),
  });

  test('what is written is read again, on hosts of both byte orders', () => {
    fc.assert(
      fc.property(described, fc.boolean(), ({ payload, beyond, vlan, ...rest }, littleEndian) => {
        const packet = Object.assign(new QueueMessage(), rest, {
          buffer: payload,
          payload: 0,
          payloadEnd: payload.length,
          length: payload.length + beyond,
          vlanProto: vlan?.[0] ?? 0,
          vlanTci: vlan?.[1] ?? -1,
          ...(rest.seconds === 0 && { microseconds: 0 }),
        });
        const bytes = encodeMessage(encodeQueueMessage(packet, littleEndian), littleEndian);
        const { fault, out } = read(bytes, littleEndian);
        expect(fault).toBe('');
        expect(bytes.subarray(out.payload, out.payloadEnd)).toEqual(payload);
        const { length, vlanProto, vlanTci, microseconds } = packet;
        expect(out).toMatchObject({ ...rest, length, vlanProto, vlanTci, microseconds });
      }),
    );
  });

  test('no bytes make it throw, or point outside of them', () => {
    const changed = fc
      .array(fc.tuple(fc.nat(PACKET.length - 1), fc.nat(255)), { maxLength: 6 })
      .map((changes) => {
        const bytes = PACKET.slice();
        for (const [at, value] of changes) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(
        fc.oneof(changed, fc.uint8Array({ maxLength: 100 })),
        fc.boolean(),
        (bytes, le) => {
          const { fault, out } = read(bytes, le);
          if (fault !== '') return;
          for (const end of [
            out.payloadEnd,
            out.ctEnd,
            out.secctxEnd,
            out.l2End,
            out.hwaddr + out.hwaddrLength,
          ])
            expect(end).toBeLessThanOrEqual(bytes.length);
          expect(out.payload).toBeLessThanOrEqual(out.payloadEnd);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('verdicts', () => {
  const decoded = (out: VerdictWriter, littleEndian: boolean) =>
    splitMessages(out.buffer.subarray(0, out.length), littleEndian).messages.map((m) =>
      decodeVerdict(m, littleEndian),
    );

  test('one, a batch, and one with all it may carry, in one datagram', () => {
    const label = Uint8Array.from({ length: 16 }, (_, i) => i);
    for (const littleEndian of [true, false]) {
      const out = new VerdictWriter(littleEndian, 16);
      out.one(7, 1, 1);
      out.batch(7, 0xffffffff, 0);
      out.one(65535, 9, 0x00030003, {
        mark: 0xffffffff,
        ctMark: 5,
        ctLabel: label,
        bytes: unhex('00112233445566'),
        start: 1,
        end: 6,
      });
      expect(decoded(out, littleEndian)).toEqual([
        { queue: 7, batch: false, id: 1, verdict: 1 },
        { queue: 7, batch: true, id: 0xffffffff, verdict: 0 },
        {
          queue: 65535,
          batch: false,
          id: 9,
          verdict: 0x00030003,
          mark: 0xffffffff,
          ctMark: 5,
          ctLabel: label,
          payload: unhex('1122334455'),
        },
      ]);
      out.clear();
      expect(out.length).toBe(0);
    }
  });

  test('the bytes of a verdict, as libnetfilter_queue sends them', () => {
    const out = new VerdictWriter(true);
    out.one(7, 5, 1);
    expect(hex(out.buffer.subarray(0, out.length))).toBe(
      '2000000001030100000000000000000000000007' + '0c0002000000000100000005',
    );
  });

  test('a packet that no attribute can hold is refused', () => {
    const out = new VerdictWriter(true);
    const extras = { mark: undefined, ctMark: undefined, ctLabel: undefined, start: 0 };
    const bytes = new Uint8Array(70_000);
    expect(() => out.one(7, 5, 1, { ...extras, bytes, end: 65_532 })).toThrow(RangeError);
    out.one(7, 5, 1, { ...extras, bytes, end: 65_531 });
    expect(decoded(out, true)).toHaveLength(1);
  });
});

describe('configuration', () => {
  test('all in one message, both ways', () => {
    const binding = {
      queue: 7,
      copyRange: 128,
      maxLength: 4096,
      failOpen: true,
      gso: true,
      uidGid: true,
      conntrack: true,
      secctx: true,
    };
    for (const littleEndian of [true, false]) {
      const message = encodeQueueConfig(queueBinding(binding), 1, littleEndian);
      expect(decodeQueueConfig(message, littleEndian)).toEqual({
        queue: 7,
        command: 1,
        family: 0,
        copyMode: 2,
        copyRange: 128,
        maxLength: 4096,
        flags: 31,
        mask: 31,
      });
    }
  });

  test('unknown attributes are kept', () => {
    const config = { queue: 1, command: 4, family: 2, unknown: { 99: unhex('01020304') } };
    const message = encodeQueueConfig(config, 1, true);
    expect(decodeQueueConfig(message, true)).toEqual(config);
  });

  test('one that is cut is a value', () => {
    const message = encodeQueueConfig(queueBinding({ queue: 7 }), 1, true);
    for (let length = 0; length < message.payload.length; length++) {
      const got = decodeQueueConfig(
        { ...message, payload: message.payload.slice(0, length) },
        true,
      );
      if (length < 4) expect(got).toMatchObject({ ok: false });
    }
  });
});
