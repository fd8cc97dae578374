// xt_u32.c

import type { U32Info, U32Test } from '../../../program/index.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';
import { inRange, u32At } from '../read.ts';

/** Loads stop the match where they leave the packet. */
const OUTSIDE = -1;

function numberAt({ steps }: U32Test, { bytes, network, length }: PktInfo): number {
  let base = 0;
  let value = 0;
  for (let i = 0; i < steps.length; i++) {
    const { op, number } = steps[i]!;
    if (op === 'and') value = (value & number) >>> 0;
    // Counts of 32 and more are taken modulo 32, as the reference's processor does.
    else if (op === 'lshift') value = (value << number) >>> 0;
    else if (op === 'rshift') value >>>= number;
    else {
      if (op === 'at') base += value;
      if (base + 4 > length || number > length - base - 4) return OUTSIDE;
      value = u32At(bytes, network + base + number);
    }
  }
  return value;
}

function isOneOf(value: number, { values }: U32Test): boolean {
  for (let i = 0; i < values.length; i++) if (inRange(value, values[i]!)) return true;
  return false;
}

class U32 implements XtMatch {
  readonly #info: U32Info;

  constructor(info: U32Info) {
    this.#info = info;
  }

  #all(pkt: PktInfo): boolean {
    const { tests } = this.#info;
    for (let i = 0; i < tests.length; i++) {
      const value = numberAt(tests[i]!, pkt);
      if (value === OUTSIDE || !isOneOf(value, tests[i]!)) return false;
    }
    return true;
  }

  matches(pkt: PktInfo): boolean {
    return this.#all(pkt) !== this.#info.invert;
  }

  why(pkt: PktInfo): string {
    const values = this.#info.tests.map((one) => numberAt(one, pkt));
    return values
      .map((one) => (one === OUTSIDE ? 'outside the packet' : `0x${one.toString(16)}`))
      .join(', ');
  }
}

export const u32 = matchModule<U32Info>({
  name: 'u32',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare: (info) => new U32(info),
});
