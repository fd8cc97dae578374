// The capture readers: a hostile file gives its whole packets and then an error, in bounded memory.

import { readFileSync } from 'node:fs';
import { hex } from '../../src/bytes/index.ts';
import * as capture from '../../src/capture/index.ts';
import { type FuzzTarget, mutate, randomBytes } from './target.ts';

const SOUND = readFileSync(
  new URL('../../examples/capture/office.pcapng', import.meta.url),
).subarray(0, 4000);

export const target: FuzzTarget<Uint8Array> = {
  name: 'captures',
  generate: (random) =>
    random.below(8) === 0
      ? randomBytes(random, 400)
      : mutate(random, SOUND.subarray(0, 100 + random.below(3000))),
  run: (bytes) => {
    capture.readCapture(bytes);
  },
  show: hex,
};
