// Damaged messages of every helper on both targets: what the kernel's own makes of each, expected connections,
// rewritten payloads and what is dropped, ours must make of it. SLUICE_HELPERS sets how many messages for each,
// SLUICE_SEED where to begin.

import { afterAll, describe, expect, test } from 'vitest';
import { mutate } from '../../../scripts/fuzz/target.ts';
import { type Random, seeded } from '../../../src/core/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import type { Case, Step } from '../case.ts';
import { helped, snat } from '../cases/helpers.ts';
import { Session } from '../cases/session.ts';
import { lan, wan } from '../cases/words.ts';
import { EngineTarget } from '../engine-target.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';
import { PROTOCOLS, type Protocol } from './helper-messages.ts';

const MESSAGES = 8;
const WANTED = Number(process.env.SLUICE_HELPERS ?? 160);
const SEED = Number(process.env.SLUICE_SEED ?? 1);

const CLIENT = '10.0.0.2';
const SERVER = '192.0.2.2';
const OUTSIDE = '192.0.2.9';

const look: Step = { look: 'expect' };
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const hex = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? ''
    : `hex ${[...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;

/** Often the next one as it is, so that what comes behind has something to build on. */
function message(random: Random, sound: readonly Uint8Array[], turn: number): Uint8Array {
  const inTurn = random.below(2) === 0;
  const one = sound[inTurn ? turn % sound.length : random.below(sound.length)]!;
  return inTurn && random.below(2) === 0 ? one : mutate(random, one).slice(0, 1300);
}

type Say = (bytes: Uint8Array) => Step;

/** What both ends say, by who says it. */
function conversation(protocol: Protocol, hidden: boolean): { open: Step[]; says: [Say, Say] } {
  const { port } = protocol;
  const seen = hidden ? OUTSIDE : CLIENT;
  if (protocol.protocol === 'udp')
    return {
      open: [],
      says: [
        (bytes) => lan(`udp ${CLIENT}:40000 > ${SERVER}:${port} ${hex(bytes)}`),
        (bytes) => wan(`udp ${SERVER}:${port} > ${seen}:40000 ${hex(bytes)}`),
      ],
    };
  const s = new Session({
    client: CLIENT,
    server: SERVER,
    serverPort: port,
    ...(hidden ? { seenClient: OUTSIDE } : {}),
  });
  return {
    open: s.open(),
    says: [(bytes) => s.client(text(bytes)), (bytes) => s.server(text(bytes))],
  };
}

function damaged(protocol: Protocol, random: Random, hidden: boolean): Case {
  const { name, client, server, wrap } = protocol;
  const { open, says } = conversation(protocol, hidden);
  const steps = Array.from({ length: MESSAGES }, (_, i) => {
    const side = server.length === 0 ? 0 : i % 2;
    const bytes = message(random, side === 0 ? client : server, i >> 1);
    return [says[side]!(wrap?.(bytes) ?? bytes), look];
  });
  const ruleset = helped(name, protocol.protocol, protocol.port, hidden ? snat('ip') : '');
  return { name, ruleset, steps: [...open, ...steps.flat()] };
}

const reason = missing();

describe.skipIf(reason !== undefined)(
  `damaged messages${reason ? ` (${reason})` : ''}`,
  async () => {
    const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
    const engine = new EngineTarget();
    afterAll(() => kernel?.close());

    describe.each(PROTOCOLS)('$name over $protocol', (protocol) => {
      test.each([false, true])('through SNAT %s', (hidden) => {
        const rounds = Math.ceil(WANTED / 2 / MESSAGES);
        for (let i = 0; i < rounds; i++) {
          const seed = SEED * 1000 + i;
          const one = damaged(protocol, seeded(seed), hidden);
          expect(judged(one, kernel!, engine), `seed ${seed}`).toEqual([]);
        }
      });
    });
  },
);
