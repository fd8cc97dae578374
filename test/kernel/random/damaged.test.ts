// Damaged packets on both targets: headers whose lengths, options and checksums lie. What the kernel
// makes of each, forwards, answers or drops, the engine must make of it, to the byte.
// SLUICE_DAMAGED sets how many packets, SLUICE_SEED where to begin.

import { afterAll, describe, expect, test } from 'vitest';
import { mutate } from '../../../scripts/fuzz/target.ts';
import { checksum, put16 } from '../../../src/bytes/index.ts';
import { type Random, seeded } from '../../../src/core/index.ts';
import { loadLibc } from '../../../src/linux/index.ts';
import type { Case, Step } from '../case.ts';
import { EngineTarget } from '../engine-target.ts';
import { packetOf } from '../frames.ts';
import { KernelTarget } from '../kernel-target.ts';
import { missing } from '../needs.ts';
import { judged } from '../suite.ts';

const PACKETS = 20;
const WANTED = Number(process.env.SLUICE_DAMAGED ?? 2000);
const SEED = Number(process.env.SLUICE_SEED ?? 1);

const SOUND = [
  'tcp 10.0.0.2:40000 > 192.0.2.2:80 syn seq 1000 win 64240 mss 1460 sack wscale 7',
  'tcp [2001:db8::2]:40000 > [2001:db8:1::2]:80 syn seq 1000 win 64240 mss 1440 sack wscale 7',
  'udp 10.0.0.2:1024 > 192.0.2.2:53 data "some query"',
  'udp [2001:db8::2]:1024 > [2001:db8:1::2]:53 data "some query"',
  'udp 10.0.0.2:1024 > 10.0.0.1:9 data "to the router"',
  'udp [2001:db8::2]:1024 > [2001:db8::1]:9 data "to the router"',
  'icmp 10.0.0.2 > 10.0.0.1 echo-request id 3 seq 1 data "ping"',
  'icmp6 2001:db8::2 > 2001:db8::1 echo-request id 3 seq 1 data "ping"',
  'icmp 10.0.0.3 > 192.0.2.2 port-unreachable quoting (udp 192.0.2.2:53 > 10.0.0.3:1024 data "q")',
  'icmp6 2001:db8::3 > 2001:db8:1::2 port-unreachable quoting (udp [2001:db8:1::2]:53 > [2001:db8::3]:1024 data "q")',
  'tcp 10.0.0.2:1024 > 10.0.0.1:80 syn seq 1 win 100',
].map((notation) => packetOf(notation));

const RULESETS = {
  'without rules': 'table inet t {\n}\n',
  'with connection tracking': `table inet t {
    chain forward { type filter hook forward priority 0; policy accept;
      ct state new counter
      ct state invalid counter drop
    }
    chain input { type filter hook input priority 0; policy accept;
      ct state invalid counter drop
      counter
    }
  }`,
} as const;

/** The suite's own raw socket takes protocol 255, which a host without one has never heard of. */
function avoidRawSocket(bytes: Uint8Array): void {
  const at = (bytes[0] ?? 0) >> 4 === 6 ? 6 : 9;
  if (bytes[at] === 255) bytes[at] = 254;
}

/** Damage in the middle of a packet mostly ends at the header checksum: half of them get a good one. */
function damaged(random: Random): Step {
  const bytes = mutate(random, SOUND[random.below(SOUND.length)]!).slice(0, 1400);
  avoidRawSocket(bytes);
  const length = ((bytes[0] ?? 0) & 15) * 4;
  const mend = random.below(2) === 0 && (bytes[0] ?? 0) >> 4 === 4 && length >= 20;
  if (mend && length <= bytes.length) {
    put16(bytes, 10, 0);
    put16(bytes, 10, checksum(bytes, 0, length));
  }
  return { on: 'eth0', packet: bytes };
}

const reason = missing();

describe.skipIf(reason !== undefined)(
  `damaged packets${reason ? ` (${reason})` : ''}`,
  async () => {
    const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
    const engine = new EngineTarget();
    afterAll(() => kernel?.close());

    const compare = (one: Case): string[] => judged(one, kernel!, engine);

    test.each(Object.entries(RULESETS))('%s', (_, ruleset) => {
      const rounds = Math.ceil(WANTED / 2 / PACKETS);
      for (let seed = SEED; seed < SEED + rounds; seed++) {
        const random = seeded(seed);
        const steps = Array.from({ length: PACKETS }, () => damaged(random));
        const one: Case = { name: 'damaged', ruleset, steps, chance: ['timeout'] };
        if (compare(one).length === 0) continue;
        const alone = steps.find((s) => compare({ ...one, steps: [s] }).length > 0);
        const small = alone === undefined ? one : { ...one, steps: [alone] };
        const said = compare(small).join('\n');
        expect.fail(`seed ${seed}: ${JSON.stringify(small.steps)}\n${said}`);
      }
    });
  },
);
