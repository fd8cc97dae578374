// Dissection and printing of frames: no bytes may make them throw or loop.

import { hex } from '../../src/bytes/index.ts';
import * as packet from '../../src/packet/index.ts';
import { SEEDS } from './seeds.ts';
import { type FuzzTarget, mutate, randomBytes } from './target.ts';

const DLT_EN10MB = 1;

export const target: FuzzTarget<Uint8Array> = {
  name: 'dissection',
  generate: (random) =>
    random.below(4) === 0
      ? randomBytes(random, 300)
      : mutate(random, SEEDS[random.below(SEEDS.length)]!),
  run: (bytes) => {
    packet.dissect(bytes, DLT_EN10MB);
    packet.printPacket(bytes, DLT_EN10MB);
  },
  show: hex,
};
