// The decoder against bytes that were put together by X.691, and against what is no message.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type End, type Part, PerWriter, written } from './bed.ts';
import { alerting, connect, facility, progress, setup } from './bed-calls.ts';
import { type Channel, openAck, openRequest } from './bed-channels.ts';
import * as gk from './bed-ras.ts';
import { H225 } from './h225.ts';
import { H245 } from './h245.ts';
import { readNotation } from './notation.ts';
import { type Decoded, decodePer } from './per.ts';
import { RAS_MODULE } from './ras-notation.ts';

const decoded = (notation: string, bytes: Uint8Array): Decoded | null =>
  decodePer(readNotation(`X ::= ${notation}`).get('X')!, bytes, 0, bytes.length);

describe('values', () => {
  test.each([
    { type: 'INTEGER (5..5)', part: [], number: 5 },
    { type: 'INTEGER (1..4)', part: [2, 2], number: 3 },
    { type: 'INTEGER (1..255)', part: [254, 8], number: 255 },
    { type: 'INTEGER (1..256)', part: [255, 8], number: 256 },
    { type: 'INTEGER (0..256)', part: [256, 16], number: 256 },
    { type: 'INTEGER (1..65535)', part: [65534, 16], number: 65535 },
  ])('$type is $number', ({ type, part: [value = 0, width = 0], number }) => {
    const bytes = written((to) => to.bits(value, width));
    expect(decoded(type, bytes)?.number).toBe(number);
  });

  test.each([
    [0, '00 00'],
    [255, '00 ff'],
    [0x12345, '80 01 23 45'],
    [0xffffffff, 'c0 ff ff ff ff'],
  ])('a number of four octets at most: %s', (number, hex) => {
    const bytes = Uint8Array.from(hex.split(' ').map((octet) => Number.parseInt(octet, 16)));
    expect(decoded('INTEGER (0..4294967295)', bytes)).toMatchObject({ number, at: 1 });
  });

  test('an octet string says where what it holds begins, and how long that is', () => {
    const bytes = (part: Part): Uint8Array => written((to) => to.flags(true).with(part));
    const at = (type: string, part: Part): Decoded | undefined =>
      decoded(`SEQUENCE { b BOOLEAN, s OCTET STRING ${type} }`, bytes(part))?.get('s');
    expect(at('(SIZE (4))', (to) => to.octets(1, 2, 3, 4))).toMatchObject({ at: 1, size: 4 });
    expect(at('(SIZE (1..20))', (to) => to.bits(1, 5).octets(1, 2))).toMatchObject({
      at: 1,
      size: 2,
    });
    expect(at('(SIZE (1..256))', (to) => to.octets(1, 1, 2))).toMatchObject({ at: 2, size: 2 });
    expect(at('', (to) => to.word(0x8003).octets(1, 2, 3))).toMatchObject({ at: 3, size: 3 });
  });

  const OF_ONE = 'SEQUENCE { a BOOLEAN, s OCTET STRING (SIZE (2)), n INTEGER (0..255) }';
  test('two octets of a fixed size are not aligned, what is behind them is', () => {
    const bytes = written((to) => to.flags(true).bits(0x1234, 16).align().bits(9, 8));
    expect(decoded(OF_ONE, bytes.slice(0, -1))?.get('n')).toBeUndefined();
    expect(
      decoded(
        'SEQUENCE { s OCTET STRING (SIZE (2)), n INTEGER (0..65535) }',
        Uint8Array.of(1, 2, 3, 4),
      )?.get('n')?.number,
    ).toBe(0x304);
  });
});

describe('parts', () => {
  const TYPE = `SEQUENCE {
    a INTEGER (0..255) OPTIONAL, b INTEGER (0..255), ..., c, d INTEGER (0..255), e UNREAD, f }`;

  test('what is optional, and what was added, by what the bits say', () => {
    const bytes = written((to) =>
      to
        .flags(true, false)
        .octets(7)
        .additions(2, { 1: (d) => d.octets(9) }),
    );
    const value = decoded(TYPE, bytes);
    expect(value?.get('a')).toBeUndefined();
    expect(value?.get('b')?.number).toBe(7);
    expect(value?.get('c')).toBeUndefined();
    expect(value?.get('d')?.number).toBe(9);
  });

  test('reading ends where nothing more is read, whatever comes', () => {
    const bytes = written((to) => to.flags(true, true).octets(6, 7).additions(3, {}));
    expect(decoded(TYPE, bytes)?.get('a')?.number).toBe(6);
  });

  test('a choice has the name of what was chosen', () => {
    const type = 'CHOICE { a NULL, b INTEGER (0..255), c NULL, ..., d INTEGER (0..255), e }';
    expect(
      decoded(
        type,
        written((to) => to.flags(false).bits(1, 2).octets(5)),
      )?.get('b')?.number,
    ).toBe(5);
    expect(
      decoded(
        type,
        written((to) => to.flags(false).bits(3, 2)),
      ),
    ).toBeNull();
    const added = (index: number): Uint8Array =>
      written((to) => to.flags(true).bits(index, 7).open(Uint8Array.of(8)));
    expect(decoded(type, added(0))?.get('d')?.number).toBe(8);
    expect(decoded(type, added(1))?.get('e')).toBeDefined();
    expect(decoded(type, added(9))).not.toBeNull();
  });

  test('a list holds no more than there is', () => {
    const type = 'SEQUENCE OF INTEGER (0..255)';
    expect(decoded(type, Uint8Array.of(2, 8, 9))?.items.map(({ number }) => number)).toEqual([
      8, 9,
    ]);
    expect(decoded(type, Uint8Array.of(0xbf, 0xff, 1, 2, 3))).toBeNull();
    expect(decoded(type, Uint8Array.of())).toBeNull();
  });

  test('a message that is read again and again ends', () => {
    // Items of no length, each of which reads what is behind it.
    const five = 'SEQUENCE { a NULL, b NULL, c NULL, d NULL, e NULL }';
    const type = `SEQUENCE OF OCTET STRING (CONTAINING ${five})`;
    const bytes = new Uint8Array(20000);
    bytes.set([0xbf, 0xff]);
    expect(decoded(type, bytes)).toBeNull();
    bytes.set([0x8f, 0xff]);
    expect(decoded(type, bytes)?.items).toHaveLength(0xfff);
  });
});

test.each([
  ['X ::= SEQUENCE { a, ... }', /no type of 'a'/],
  ['X ::= SEQUENCE { a Y }', /no type 'Y'/],
  ['X ::= SEQUENCE { a X }', /no type 'X'/],
  ['X ::= SEQUENCE { a NULL', /} expected/],
  ['X NULL', /::= expected/],
  ['X ::= IA5String (SIZE (1..2)) (FROM ("0123456789ABCDEFG"))', /alphabet/],
])('notation %s is refused', (text, why) => {
  expect(() => readNotation(text)).toThrow(why);
});

const ENDS: readonly End[] = ['10.0.0.2:1720', '[2001:db8::2]:1720', 'ipx'];
const CHANNEL: Channel = { forward: { media: '10.0.0.2:5000', control: '10.0.0.2:5001' } };

const information = (message: Uint8Array): Uint8Array => message.slice(message.indexOf(0x7e) + 4);

const SOUND: readonly (readonly [string, ReturnType<typeof readNotation>, Uint8Array])[] = [
  ...[
    gk.gatekeeperRequest(ENDS[0]!),
    gk.registrationRequest({ call: ENDS, ras: ENDS, seconds: 70000 }),
    gk.registrationConfirm({ call: ENDS, seconds: 1 }),
    gk.admissionRequest({ called: ENDS[0]!, caller: ENDS[1]! }),
    gk.infoRequestResponse(ENDS[0]!, ENDS),
  ].map((bytes) => ['RasMessage', RAS_MODULE(), bytes] as const),
  ...[
    setup({ control: ENDS[0]!, called: ENDS[0]!, caller: ENDS[1]!, fastStart: [CHANNEL, CHANNEL] }),
    alerting({ control: ENDS[1]!, tunnelled: [openRequest(CHANNEL)] }),
    connect({ control: ENDS[0]! }),
    progress({ control: ENDS[0]!, fastStart: [CHANNEL] }),
    facility({ reason: 1, forwardTo: ENDS[0]! }),
  ].map((bytes) => ['H323-UserInformation', H225(), information(bytes)] as const),
  ...[
    openRequest({ forward: {}, reverse: {}, data: ENDS[0]! }),
    openAck({ forward: { media: ENDS[0]! }, reverse: { control: ENDS[0]! }, data: ENDS[0]! }),
  ].map((bytes) => ['MultimediaSystemControlMessage', H245(), bytes] as const),
];

/** Every place that was read, in the message. */
function* places(value: Decoded): Iterable<Decoded> {
  yield value;
  for (const part of [...value.items, ...value.parts()]) yield* places(part);
}

describe('whole messages', () => {
  test.each(SOUND)('%s is read, and no prefix of it but the last octets', (name, types, bytes) => {
    const type = types.get(name)!;
    expect(decodePer(type, bytes, 0, bytes.length)).not.toBeNull();
    for (let end = 0; end < 12; end++) expect(decodePer(type, bytes, 0, end)).toBeNull();
  });

  test('anything may come: nothing throws, and no place is outside of the message', () => {
    const damage = fc.tuple(fc.nat(400), fc.nat(255), fc.nat(16));
    fc.assert(
      fc.property(
        fc.constantFrom(...SOUND),
        fc.array(damage, { maxLength: 4 }),
        fc.nat(400),
        ([name, types, sound], damages, cut) => {
          const bytes = sound.slice(0, Math.max(1, cut));
          for (const [at, octet, length] of damages)
            bytes.fill(octet, at % bytes.length, (at % bytes.length) + (length % 3) + 1);
          const value = decodePer(types.get(name)!, bytes, 0, bytes.length);
          for (const { at, size } of value === null ? [] : places(value))
            expect(at + size).toBeLessThanOrEqual(bytes.length);
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('random octets neither', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SOUND),
        fc.uint8Array({ maxLength: 200 }),
        ([name, types], bytes) => {
          decodePer(types.get(name)!, bytes, 0, bytes.length);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test('the writer pads with zeros', () => {
  expect([...new PerWriter().flags(true).octets(1).bytes()]).toEqual([0x80, 1]);
});
