import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latin1, toLatin1 } from '../../bytes/index.ts';
import { Edits } from './edits.ts';

/** “0123456789” of which 2 and 3 became “abc”, 5 nothing, and 6 and 7 “d”: 01abc4d89. */
function some(): Edits {
  const edits = new Edits();
  edits.add(2, 4, toLatin1('abc'));
  edits.add(5, 6, toLatin1(''));
  edits.add(6, 8, toLatin1('d'));
  return edits;
}
const TEN = [...Array(11).keys()];

describe('counts of both sides', () => {
  test('what the sender says is told at', () => {
    expect(TEN.map((at) => some().told(at))).toEqual([0, 1, 2, 5, 5, 6, 6, 7, 7, 8, 9]);
  });

  test('who was told up to here has heard the sender up to', () => {
    const out = TEN.slice(0, 10);
    expect(out.map((o) => some().heard(o))).toEqual([0, 1, 2, 2, 2, 4, 6, 8, 9, 10]);
  });

  test('who was told from here on has heard the sender from', () => {
    const out = TEN.slice(0, 10);
    expect(out.map((o) => some().heardFrom(o))).toEqual([0, 1, 2, 4, 4, 4, 5, 8, 9, 10]);
  });

  test('stay what they are behind what was forgotten', () => {
    const edits = some();
    edits.forget(6);
    expect(edits.size).toBe(33);
    expect([6, 7, 8, 9].map((at) => edits.told(at))).toEqual([6, 7, 7, 8]);
    expect(edits.shift).toBe(-1);
  });
});

test('any part is told again as it was told first', () => {
  const said = toLatin1('0123456789');
  const told = '01abc4d89';
  const part = fc.tuple(fc.nat(10), fc.nat(10), fc.nat(9), fc.nat(9));
  fc.assert(
    fc.property(part, ([a, b, skip, room]) => {
      const [at, to] = [Math.min(a, b), Math.max(a, b)];
      let text = '';
      const edits = some();
      const from = edits.told(at) + skip;
      edits.tellAgain(at, to, said.subarray(at, to), from, (bytes, start, end) => {
        const part = bytes.subarray(Math.min(start, end), end);
        text += latin1(part).slice(0, room - text.length);
        return text.length < room;
      });
      expect(text).toBe(told.slice(from, Math.max(from, edits.told(to))).slice(0, room));
    }),
  );
});

/** What is asked of edits, by a list that forgets nothing. */
class Model {
  readonly #edits: { at: number; end: number; out: number; length: number }[] = [];

  get shift(): number {
    const last = this.#edits.at(-1);
    return last === undefined ? 0 : last.out + last.length - last.end;
  }

  add(at: number, end: number, length: number): void {
    this.#edits.push({ at, end, out: at + this.shift, length });
  }

  told(at: number): number {
    const edit = this.#edits.findLast((one) => at > one.at);
    return edit === undefined ? at : edit.out + edit.length + Math.max(0, at - edit.end);
  }

  heard(out: number): number {
    const edit = this.#edits.findLast((one) => out >= one.out);
    if (edit === undefined) return out;
    const end = edit.out + edit.length;
    return out >= end ? edit.end + out - end : edit.at;
  }

  heardFrom(out: number): number {
    const edit = this.#edits.findLast((one) => out > one.out);
    return edit === undefined ? out : edit.end + Math.max(0, out - edit.out - edit.length);
  }
}

/** What is held when nothing is kept. */
const LITTLE = 1100;

test('dense edits that come and are acknowledged: both counts hold, and memory is that of those on their way', () => {
  const edit = fc.record({
    gap: fc.nat(3),
    length: fc.integer({ min: 1, max: 5 }),
    said: fc.nat(9),
  });
  const burst = fc.record({
    edits: fc.array(edit, { maxLength: 60 }),
    acknowledged: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(burst, { maxLength: 30 }), (bursts) => {
      const [edits, model] = [new Edits(), new Model()];
      let [end, acked] = [0, 0];
      let kept: { out: number; size: number }[] = [];
      for (const { edits: more, acknowledged } of bursts) {
        for (const { gap, length, said } of more) {
          const at = end + gap;
          end = at + length;
          edits.add(at, end, new Uint8Array(said));
          model.add(at, end, said);
          kept.push({ out: model.told(end), size: 32 + said });
        }
        expect(edits.shift).toBe(model.shift);
        const told = model.told(end);
        acked += Math.floor((told - acked) * acknowledged);
        edits.forget(acked);
        kept = kept.filter(({ out }) => out > acked);
        expect(edits.size).toBe(kept.reduce((sum, { size }) => sum + size, 0));
        expect(edits.held).toBeLessThanOrEqual(4 * edits.size + LITTLE);
        for (let out = acked; out <= told; out++) {
          expect([edits.heard(out), edits.heardFrom(out)]).toEqual([
            model.heard(out),
            out > acked ? model.heardFrom(out) : edits.heardFrom(out),
          ]);
        }
        for (let at = model.heard(acked); at <= end; at++)
          if (model.told(at) > acked) expect(edits.told(at)).toBe(model.told(at));
      }
      edits.forget(model.told(end));
      expect(edits.size).toBe(0);
      expect(edits.held).toBeLessThanOrEqual(LITTLE);
    }),
  );
});
