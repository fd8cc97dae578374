// Messages of connections, expectations, logs, traces, timeouts, links and routes: recorded ones with
// damage, and bytes that are none, must give a value.

import { hex, unhex } from '../../src/bytes/index.ts';
import {
  decodeConnection,
  decodeCpuStatistics,
  decodeError,
  decodeExpectation,
  decodeGlobalStatistics,
  decodeLogConfig,
  decodeLoggedPacket,
  decodeRoute,
  decodeTimeoutPolicy,
  decodeTrace,
  splitMessages,
} from '../../src/netlink/index.ts';
import { RECORDED } from '../../src/netlink/recorded.ts';
import { type FuzzTarget, mutate, randomBytes } from './target.ts';

const SEEDS = Object.values(RECORDED).map((text) => unhex(text));
const DECODERS = [
  decodeConnection,
  decodeCpuStatistics,
  decodeError,
  decodeExpectation,
  decodeGlobalStatistics,
  decodeLoggedPacket,
  decodeLogConfig,
  decodeRoute,
  decodeTimeoutPolicy,
  decodeTrace,
];

export const target: FuzzTarget<Uint8Array> = {
  name: 'ctnetlink',
  generate: (random) =>
    random.below(8) === 0
      ? randomBytes(random, 300)
      : mutate(random, SEEDS[random.below(SEEDS.length)]!),
  run: (bytes) => {
    for (const littleEndian of [true, false])
      for (const message of splitMessages(bytes, littleEndian).messages)
        for (const decode of DECODERS) decode(message, littleEndian);
  },
  show: hex,
};
