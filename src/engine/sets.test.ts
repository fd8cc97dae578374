import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConcatBackend } from './set/concat.ts';
import { Element } from './set/element.ts';
import { HashBackend } from './set/hash.ts';
import { IntervalBackend } from './set/interval.ts';
import {
  base,
  bench,
  chain,
  cmp,
  counter,
  counters,
  elements,
  load,
  lookup,
  rule,
  run,
  set,
  table,
  udp,
  verdict,
} from './test-support.ts';

const element = (key: number[], end: number[] = key): Element =>
  new Element(Uint32Array.from(key), Uint32Array.from(end), false, { key: '' });

test('an element made of its text alone has the words of the text', () => {
  const spec = {
    key: '20010db8000000000000000000000001',
    keyEnd: '20010DB8ffffffff00000000000000fF',
  };
  const made = new Element(null, null, false, spec);
  const key = [0x20010db8, 0, 0, 1];
  const end = [0x20010db8, 0xffffffff, 0, 0xff];
  expect(key.map((_, i) => made.keyWord(i))).toEqual(key);
  expect(end.map((_, i) => made.endWord(i))).toEqual(end);
  expect([...made.key, ...made.end]).toEqual([...key, ...end]);
  const short = new Element(null, null, false, { key: '0016' });
  expect([short.keyWord(0), short.end[0]]).toEqual([0x00160000, 0x00160000]);
});

test('an interval is above all others only behind the end of the last', () => {
  const backend = new IntervalBackend(2);
  expect(backend.isAbove(element([0, 0]))).toBe(true);
  backend.insert(element([1, 5], [1, 9]));
  expect(backend.isAbove(element([1, 9], [2, 0]))).toBe(false);
  expect(backend.isAbove(element([0, 10]))).toBe(false);
  expect(backend.isAbove(element([1, 10]))).toBe(true);
  expect(backend.isAbove(element([0xffffffff, 0]))).toBe(true);
});

test('a hash finds exactly what was put in and not taken out', () => {
  const word = fc.integer({ min: 0, max: 40 });
  const step = fc.record({ add: fc.boolean(), key: fc.tuple(word, word) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const backend = new HashBackend(2);
      const model = new Map<string, Element>();
      for (const { add, key } of steps) {
        const name = key.join();
        const old = model.get(name);
        if (add && old === undefined) {
          const made = element(key);
          backend.insert(made);
          model.set(name, made);
        } else if (!add && old !== undefined) {
          backend.remove(old);
          model.delete(name);
        }
      }
      for (let a = 0; a <= 40; a++)
        for (let b = 0; b <= 40; b += 5)
          expect(backend.lookup(Uint32Array.of(9, a, b), 1, 0)).toBe(
            model.get(`${a},${b}`) ?? null,
          );
      expect(backend.size).toBe(model.size);
    }),
    { numRuns: 60 },
  );
});

const range = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 8 }))
  .map(([from, length]) => [from, from + length] as const);

test('ranges of one field are found by binary search as by looking at each', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 20 }), fc.boolean(), (ranges, wide) => {
      const backend = new IntervalBackend(wide ? 2 : 1);
      const key = (n: number): number[] => (wide ? [7, n] : [n]);
      const taken: Element[] = [];
      for (const [from, to] of ranges) {
        const made = element(key(from), key(to));
        const last = wide ? 1 : 0;
        const free = taken.every((e) => e.end[last]! < from || e.key[last]! > to);
        expect(backend.conflict(made.key, made.end, 0) === null).toBe(free);
        if (!free) continue;
        backend.insert(made);
        taken.push(made);
      }
      for (let n = 0; n < 70; n++) {
        const want = taken.find((e) => e.key.at(-1)! <= n && n <= e.end.at(-1)!) ?? null;
        expect(backend.lookup(Uint32Array.from(key(n)), 0, 0)).toBe(want);
      }
    }),
  );
});

test('of concatenated ranges the first that was put in is found', () => {
  const fields = fc.tuple(range, range, range);
  const point = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 0, max: 68 })));
  fc.assert(
    fc.property(
      fc.array(fields, { maxLength: 30 }),
      fc.array(point, { minLength: 1, maxLength: 40 }),
      (ranges, points) => {
        const backend = new ConcatBackend([4, 2, 4]);
        const all = ranges.map((r) =>
          element(
            r.map(([from]) => from),
            r.map(([, to]) => to),
          ),
        );
        all.forEach((e, i) => {
          e.order = i + 1;
          backend.insert(e);
        });
        const gone = all.filter((_, i) => i % 3 === 1);
        const ask = (p: readonly number[], among: readonly Element[]): void => {
          const inside = (e: Element): boolean =>
            p.every((n, i) => e.key[i]! <= n && n <= e.end[i]!);
          expect(backend.lookup(Uint32Array.from(p), 0, 0)).toBe(among.find(inside) ?? null);
        };
        for (const p of points) ask(p, all);
        for (const e of gone) backend.remove(e);
        for (const p of points)
          ask(
            p,
            all.filter((e) => !gone.includes(e)),
          );
      },
    ),
  );
});

test('elements taken out by a refused batch come back in their old order', () => {
  const b = bench();
  const mark = (bytes: string) => ({ kind: 'value', bytes }) as const;
  const wide = { key: '0a00000000000000', keyEnd: '0affffffffff0000', data: mark('00000001') };
  const narrow = { key: '0a00000100350000', keyEnd: '0a00000100350000', data: mark('00000002') };
  b.nft.apply([
    table(),
    base(),
    set({
      name: 'm',
      flags: ['interval', 'concat'],
      keyLen: 8,
      fieldLens: [4, 2],
      dataType: 'mark',
      dataLen: 4,
    }),
    elements('m', [narrow, wide]),
    rule('c', [
      load('network', 12, 4),
      load('transport', 2, 2, 9),
      lookup('m', 1),
      { kind: 'meta-set', key: 'mark', sreg: 1 },
    ]),
  ]);
  const flush = { op: 'delelem', destroy: false, family: 'ip', table: 't', set: 'm' } as const;
  expect(() => b.nft.apply([flush, elements('nowhere', [])])).toThrow('no set');
  const packet = udp(b);
  run(b, packet);
  expect(packet.mark).toBe(2);
});

test('the largest key of a range is found, and nothing wraps round', () => {
  const backend = new ConcatBackend([4, 4]);
  const all = element([0, 0xfffffff0], [0xffffffff, 0xffffffff]);
  backend.insert(all);
  expect(backend.lookup(Uint32Array.of(0xffffffff, 0xffffffff), 0, 0)).toBe(all);
  expect(backend.lookup(Uint32Array.of(5, 0), 0, 0)).toBeNull();
});

test('a verdict map jumps, and a hit ends the rule', () => {
  const b = bench();
  const to = (name: string) =>
    ({ kind: 'verdict', verdict: { code: 'jump', chain: name } }) as const;
  b.nft.apply([
    table(),
    base(),
    chain('dns'),
    set({ name: 'm', dataType: 'verdict', dataLen: 16, keyLen: 2, keyType: 'inet_service' }),
    elements('m', [
      { key: '0035', data: to('dns') },
      { key: '0050', data: { kind: 'verdict', verdict: { code: 'drop' } } },
    ]),
    rule('dns', [counter]),
    rule('c', [load('transport', 2, 2), lookup('m', 0), counter]),
    rule('c', [counter]),
  ]);
  expect(run(b, udp(b)).kind).toBe('accept');
  expect(run(b, udp(b, { dport: 80 })).kind).toBe('drop');
  expect(run(b, udp(b, { dport: 81 })).kind).toBe('accept');
  expect([counters(b, 'dns'), counters(b)]).toEqual([[1], [0, 2]]);
});

test('the catch-all answers where no other element does', () => {
  const b = bench();
  const mark = (bytes: string) => ({ kind: 'value', bytes }) as const;
  b.nft.apply([
    table(),
    base(),
    set({ name: 'm', dataType: 'mark', dataLen: 4, flags: ['interval'] }),
    elements('m', [
      { key: '0a000000', keyEnd: '0a0000ff', data: mark('00000001') },
      { key: '', catchall: true, data: mark('00000002') },
    ]),
    rule('c', [load('network', 12, 4), lookup('m', 1), { kind: 'meta-set', key: 'mark', sreg: 1 }]),
  ]);
  const inside = udp(b);
  const outside = udp(b, { src: 0x0a000100 });
  run(b, inside);
  run(b, outside);
  expect([inside.mark, outside.mark]).toEqual([1, 2]);
});

test('elements time out on the namespace clock, and update renews them', () => {
  const b = bench();
  const dyn = (op: 'add' | 'update') =>
    ({ kind: 'dynset', set: 's', op, sregKey: 1, invert: false, exprs: [] }) as const;
  b.nft.apply([
    table(),
    base(),
    set({ name: 's', flags: ['timeout', 'dynamic'], timeout: 10_000, size: 10 }),
    rule('c', [load('network', 12, 4), dyn('update')]),
  ]);
  const left = (): (number | undefined)[] =>
    b.nft.list().tables[0]!.sets[0]!.elements.map((e) => e.expires);
  run(b, udp(b));
  b.clock.advance(4e9);
  expect(left()).toEqual([6000]);
  run(b, udp(b));
  expect(left()).toEqual([10_000]);
  b.clock.advance(10e9);
  expect(left()).toEqual([]);
});

test('a full dynamic set breaks the rule; expired elements make room', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    set({ name: 's', flags: ['timeout', 'dynamic'], timeout: 1000, size: 2 }),
    rule('c', [
      load('network', 12, 4),
      { kind: 'dynset', set: 's', op: 'add', sregKey: 1, invert: false, exprs: [] },
      counter,
    ]),
  ]);
  for (const src of [1, 2, 3]) run(b, udp(b, { src }));
  expect(counters(b)).toEqual([2]);
  b.clock.advance(1e9);
  run(b, udp(b, { src: 4 }));
  expect(counters(b)).toEqual([3]);
});

test('each element of a meter has a limit of its own', () => {
  const b = bench();
  const limit = {
    kind: 'limit',
    rate: 1,
    unit: 1,
    burst: 1,
    type: 'packets',
    invert: false,
  } as const;
  b.nft.apply([
    table(),
    base(),
    set({ name: 's', flags: ['dynamic'], size: 10 }),
    rule('c', [
      load('network', 12, 4),
      { kind: 'dynset', set: 's', op: 'add', sregKey: 1, invert: false, exprs: [limit] },
      counter,
    ]),
  ]);
  for (const src of [1, 1, 1, 2, 2]) run(b, udp(b, { src }));
  expect(counters(b)).toEqual([2]);
});

test('counters of elements count look-ups', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    set({ name: 's', exprs: [counter] }),
    elements('s', [{ key: '0a000001' }]),
    rule('c', [load('network', 12, 4), lookup('s')]),
  ]);
  run(b, udp(b));
  run(b, udp(b, { src: 1 }));
  expect(b.nft.list().tables[0]!.sets[0]!.elements[0]!.exprs).toEqual([
    { kind: 'counter', packets: 1, bytes: 32 },
  ]);
});

test('an inverted look-up matches what is not in the set', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    set({ name: 's' }),
    elements('s', [{ key: '0a000001' }]),
    rule('c', [load('network', 12, 4), lookup('s', undefined, true), verdict('drop')]),
  ]);
  expect(run(b, udp(b)).kind).toBe('accept');
  expect(run(b, udp(b, { src: 1 })).kind).toBe('drop');
});

test('keys shorter than a word are compared without their padding', () => {
  const b = bench();
  b.nft.apply([
    table(),
    base(),
    set({ name: 's', keyLen: 2, keyType: 'inet_service', flags: ['interval'] }),
    elements('s', [{ key: '0030', keyEnd: '0035' }]),
    rule('c', [load('transport', 2, 2), lookup('s'), verdict('drop')]),
    rule('c', [load('transport', 0, 2), cmp('03e8'), counter]),
  ]);
  expect(run(b, udp(b)).kind).toBe('drop');
  expect(run(b, udp(b, { dport: 0x36 })).kind).toBe('accept');
  expect(counters(b)).toEqual([1]);
});
