import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8Encode } from '../bytes/index.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../uapi/index.ts';
import { fixChecksums, verifyChecksums } from './checksums.ts';
import { exercisePacket } from './fuzz.ts';
import { isNotationError } from './notation/error.ts';
import { parsePacketNotation } from './notation/parse.ts';
import { SAMPLE_NOTATIONS } from './samples.ts';

const LINK_TYPES = [0, 1, 9, 12, 101, 108, 113, 228, 229, 276, 9999];

const samples = SAMPLE_NOTATIONS.map((text) => {
  const spec = parsePacketNotation(text);
  if (isNotationError(spec)) throw new Error(`${text}: ${spec.message}`);
  return spec;
});

/** Packets that are nearly right: single bytes replaced, the end cut off or grown. */
const mutated = fc
  .record({
    sample: fc.constantFrom(...samples),
    changes: fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 6 }),
    cut: fc.nat(120),
    grow: fc.boolean(),
  })
  .map(({ sample, changes, cut, grow }) => {
    const length = grow ? sample.bytes.length + (cut % 8) : Math.max(1, sample.bytes.length - cut);
    const bytes = new Uint8Array(length);
    bytes.set(sample.bytes.subarray(0, length));
    for (const [at, value] of changes) bytes[at % length] = value;
    return { bytes, linkType: sample.linkType };
  });

describe('nothing throws or runs on', () => {
  test('for random bytes of every link type', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...LINK_TYPES), (b, link) => {
        exercisePacket(b, link);
      }),
      { numRuns: 1000 },
    );
  });

  test('for random bytes behind a plausible IP header', () => {
    const body = fc.uint8Array({ maxLength: 120 });
    fc.assert(
      fc.property(fc.nat(255), body, fc.boolean(), (protocol, rest, six) => {
        const header = six ? 40 : 20;
        const bytes = new Uint8Array(header + rest.length);
        bytes.set(rest, header);
        bytes[0] = six ? 0x60 : 0x45;
        if (six) bytes[6] = protocol;
        else bytes[9] = protocol;
        const length = six ? rest.length : bytes.length;
        bytes[six ? 5 : 3] = length;
        exercisePacket(bytes, LINKTYPE_RAW);
      }),
      { numRuns: 1000 },
    );
  });

  test('for mutated packets of every protocol', () => {
    fc.assert(
      fc.property(mutated, ({ bytes, linkType }) => {
        exercisePacket(bytes, linkType);
      }),
      { numRuns: 1500 },
    );
  });

  test('for packets nested as deep as 64 KiB allows', () => {
    const ipip = new Uint8Array(65_520);
    for (let at = 0; at + 20 <= ipip.length; at += 20) {
      ipip.set([0x45, 0, (ipip.length - at) >> 8, (ipip.length - at) & 0xff], at);
      ipip[at + 9] = 4;
    }
    exercisePacket(ipip, LINKTYPE_RAW);
    const tags = new Uint8Array(65_520).fill(0);
    for (let at = 12; at + 4 <= tags.length; at += 4) tags.set([0x81, 0x00, 0, 1], at);
    exercisePacket(tags, LINKTYPE_ETHERNET);
    const options = new Uint8Array(65_575);
    options.set([0x60, 0, 0, 0, 0xff, 0xff, 60], 0);
    for (let at = 40; at + 8 <= options.length; at += 8) options[at] = 60;
    exercisePacket(options, LINKTYPE_RAW);
  });
});

test('after fixing, every checksum of every mutated packet is right', () => {
  fc.assert(
    fc.property(
      mutated.filter(({ linkType }) => linkType === LINKTYPE_RAW),
      ({ bytes }) => {
        fixChecksums(bytes, 0);
        expect(verifyChecksums(bytes, 0).filter(({ state }) => state === 'incorrect')).toEqual([]);
      },
    ),
    { numRuns: 1000 },
  );
});

test('the notation of any text is a packet or an error with a place in the text', () => {
  const word = fc.constantFrom(
    ...new Set(SAMPLE_NOTATIONS.flatMap((text) => text.split(/(?<=\s)|(?=\s)/))),
    ...['"', '(', ')', '>', ',', 'hex', '0x', '-1', '[', '99999999999', 'constructor', '__proto__'],
  );
  const anyText = fc
    .array(fc.nat(0xffff), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units));
  const text = fc.oneof(
    anyText,
    fc.array(word, { maxLength: 14 }).map((w) => w.join(' ')),
  );
  fc.assert(
    fc.property(text, (notation) => {
      const spec = parsePacketNotation(notation);
      if (!isNotationError(spec)) return;
      expect(spec.column).toBeGreaterThanOrEqual(1);
      expect(spec.column).toBeLessThanOrEqual(notation.length + 1);
      expect(utf8Encode(spec.message).length).toBeGreaterThan(0);
    }),
    { numRuns: 1000 },
  );
});
