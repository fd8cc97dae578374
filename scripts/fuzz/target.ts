// What can be fuzzed: makes an input from chance, runs it, and throws when something is wrong.

import type { Random } from '../../src/core/index.ts';

export interface FuzzTarget<Input = unknown> {
  readonly name: string;
  /** Random whole, or a sound input with damage: structure is what reaches deep. */
  generate(random: Random): Input;
  /** Must return for every input; an exception is a finding. */
  run(input: Input): void;
  /** The input as a person may keep it. */
  show(input: Input): string;
}

/** Damages a copy: bits flipped, bytes set, parts cut, doubled or overwritten. */
export function mutate(random: Random, bytes: Uint8Array): Uint8Array {
  let out: Uint8Array = Uint8Array.from(bytes);
  for (let n = 1 + random.below(4); n > 0 && out.length > 0; n--) out = damage(random, out);
  return out;
}

const EDGES = [0, 1, 2, 4, 5, 6, 7, 8, 15, 16, 0x45, 0x60, 0x7f, 0x80, 0xfe, 0xff];

function damage(random: Random, b: Uint8Array): Uint8Array {
  const at = random.below(b.length);
  const length = random.below(Math.min(16, b.length - at) + 1);
  switch (random.below(6)) {
    case 0:
      b[at] = b[at]! ^ (1 << random.below(8));
      return b;
    case 1:
      b[at] = EDGES[random.below(EDGES.length)]!;
      return b;
    case 2:
      return b.subarray(0, at);
    case 3:
      return Uint8Array.from([...b.subarray(0, at), ...b.subarray(at + length)]);
    case 4:
      return Uint8Array.from([...b.subarray(0, at + length), ...b.subarray(at)]);
    default:
      b.copyWithin(random.below(b.length), at, at + length);
      return b;
  }
}

export const randomBytes = (random: Random, most: number): Uint8Array =>
  Uint8Array.from({ length: random.below(most + 1) }, () => random.below(256));
