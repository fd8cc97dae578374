// Damaged H.323 messages on both targets: what the kernel's decoder makes of each, expected connections and
// rewritten addresses, ours must make of it. SLUICE_H323 sets how many messages, SLUICE_SEED where to begin.

import { afterAll, describe, expect, test } from 'vitest';
import { mutate } from '../../../scripts/fuzz/target.ts';
import { type Random, seeded } from '../../../src/core/index.ts';
import {
  alerting,
  callProceeding,
  connect,
  facility,
  progress,
  setup,
  tpkt,
} from '../../../src/helpers/h323/bed-calls.ts';
import { type Channel, openAck, openRequest } from '../../../src/helpers/h323/bed-channels.ts';
import * as gk from '../../../src/helpers/h323/bed-ras.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import type { Case, Step } from '../case.ts';
import { helped, snat } from '../cases/helpers.ts';
import { Session } from '../cases/session.ts';
import { lan } from '../cases/words.ts';
import { EngineTarget } from '../engine-target.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';

const MESSAGES = 8;
const WANTED = Number(process.env.SLUICE_H323 ?? 640);
const SEED = Number(process.env.SLUICE_SEED ?? 1);

const CLIENT = '10.0.0.2';
const sound = (port: number): Channel => ({
  forward: { media: `${CLIENT}:${port}`, control: `${CLIENT}:${port + 1}`, silence: true },
});
const both: Channel = {
  forward: { control: `${CLIENT}:5003` },
  reverse: { media: `${CLIENT}:5004`, control: `${CLIENT}:5005` },
};
const data: Channel = { forward: {}, reverse: {}, data: `${CLIENT}:1503` };
const control = `${CLIENT}:3000`;
const call = { control, fastStart: [sound(5000), both] };
const tunnelled = [openRequest(data), openAck({ forward: { media: `${CLIENT}:5010` } })];

const SIGNALLING = [
  setup({ ...call, called: '192.0.2.2:1720', caller: `${CLIENT}:40000` }),
  setup({ control, later: true, tunnelled }),
  callProceeding(call),
  alerting({ control, tunnelled }),
  connect(call),
  connect({ control, tunnelled }, 16),
  progress({ ...call, tunnelled }),
  facility({ reason: 1, forwardTo: `${CLIENT}:1730` }),
  facility({ reason: 3, ...call }),
];
const own = [`${CLIENT}:1720`];
const REGISTERING = [
  gk.gatekeeperRequest(`${CLIENT}:1719`),
  gk.gatekeeperConfirm(`${CLIENT}:1718`),
  gk.registrationRequest({
    call: ['127.0.0.1:1720', ...own],
    ras: [`${CLIENT}:1719`],
    seconds: 60,
  }),
  gk.registrationConfirm({ call: own, seconds: 70 }),
  gk.unregistrationRequest(own),
  gk.admissionRequest({ called: own[0]!, caller: `${CLIENT}:1` }),
  gk.admissionConfirm(`${CLIENT}:1721`),
  gk.locationRequest(`${CLIENT}:1719`),
  gk.locationConfirm(own[0]!, `${CLIENT}:1719`),
  gk.infoRequestResponse(`${CLIENT}:1719`, own),
];

const look: Step = { look: 'expect' };
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const hex = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? ''
    : `hex ${[...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join('')}`;

const damaged = (random: Random, sound: readonly Uint8Array[]): Uint8Array =>
  mutate(random, sound[random.below(sound.length)]!).slice(0, 1300);

function calling(random: Random, more: string): Case {
  const s = new Session({
    client: CLIENT,
    server: '192.0.2.2',
    serverPort: 1720,
    ...(more === '' ? {} : { seenClient: '192.0.2.9' }),
  });
  const steps = Array.from({ length: MESSAGES }, () => [
    s.client(text(tpkt(damaged(random, SIGNALLING)))),
    look,
  ]);
  return {
    name: 'signalling',
    ruleset: helped('Q.931', 'tcp', 1720, more),
    steps: [...s.open(), ...steps.flat()],
  };
}

function registering(random: Random, more: string): Case {
  const steps = Array.from({ length: MESSAGES }, () => [
    lan(`udp ${CLIENT}:1719 > 192.0.2.2:1719 ${hex(damaged(random, REGISTERING))}`),
    look,
  ]);
  return { name: 'registering', ruleset: helped('RAS', 'udp', 1719, more), steps: steps.flat() };
}

const reason = missing();

describe.skipIf(reason !== undefined)(
  `damaged H.323 messages${reason ? ` (${reason})` : ''}`,
  async () => {
    const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
    const engine = new EngineTarget();
    afterAll(() => kernel?.close());

    test.each([
      ['call signalling', calling, ''],
      ['call signalling through SNAT', calling, snat('ip')],
      ['RAS', registering, ''],
      ['RAS through SNAT', registering, snat('ip')],
    ] as const)('%s', (_, make, more) => {
      const rounds = Math.ceil(WANTED / 4 / MESSAGES);
      for (let i = 0; i < rounds; i++) {
        const one = make(seeded(SEED * 1000 + i), more);
        expect(judged(one, kernel!, engine), `seed ${SEED * 1000 + i}`).toEqual([]);
      }
    });
  },
);
