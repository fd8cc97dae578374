import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { XtRange } from '../../program/index.ts';
import type { Extension, PrintContext } from '../extension/index.ts';
import { MATCHES } from './index.ts';

const of = (name: string): Extension => MATCHES.find((one) => one.name === name)!;

const context = (protocol: number): PrintContext => ({
  family: 'ip',
  table: 'filter',
  protocol,
  numeric: true,
});

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.oneof(fc.constantFrom(0, 1, 80, 0xffff), fc.integer({ min: 0, max: 0xffff }));
const u32 = fc.oneof(fc.constantFrom(0, 1, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
const range: fc.Arbitrary<XtRange> = fc
  .tuple(u16, u16)
  .map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
const bool = fc.boolean();
const ports = { sports: range, dports: range, invertSport: bool, invertDport: bool };

const INFOS: readonly [name: string, protocol: number, info: fc.Arbitrary<object>][] = [
  ['mark', 0, fc.record({ mark: u32, mask: u32, invert: bool })],
  ['udp', 17, fc.record(ports)],
  [
    'tcp',
    6,
    fc.record({
      ...ports,
      flagMask: u8,
      flagCmp: u8,
      invertFlags: bool,
      option: fc.constantFrom(0, 0, 5),
      invertOption: fc.constant(false),
    }),
  ],
];

test.each(INFOS)('%s comes back from its native form', (name, protocol, infos) => {
  const { native } = of(name);
  fc.assert(
    fc.property(infos, (info) => {
      const cx = context(protocol);
      const exprs = native!.lower(info, cx);
      if (exprs === undefined) return;
      const { info: raised, end } = native!.raise(exprs, 0, cx)!;
      expect(end).toBe(exprs.length);
      expect(native!.lower(raised, cx)).toEqual(exprs);
      expect(of(name).save(raised, cx)).toBe(of(name).save(info, cx));
    }),
  );
});

test('limit comes back from its native form as it is saved', () => {
  const limit = of('limit');
  const rates = fc.tuple(fc.integer({ min: 1, max: 10_000 }), fc.constantFrom(1, 60, 3600, 86_400));
  fc.assert(
    fc.property(rates, u8, ([packets, seconds], burst) => {
      const cx = context(0);
      const info = { avg: Math.floor((10_000 * seconds) / packets), burst };
      const exprs = limit.native!.lower(info, cx)!;
      expect(limit.save(limit.native!.raise(exprs, 0, cx)!.info, cx)).toBe(limit.save(info, cx));
    }),
    { numRuns: 2000 },
  );
});
