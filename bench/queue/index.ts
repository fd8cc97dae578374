// `npm run bench:queue [-- --json] [--turns N] [--only NAME,…]`: sluice queue beside programs in C and Python on the
// running kernel: packets a second under a flood and out of a full queue, and what the queue adds to the time
// of a single packet. All take turns in the same namespaces.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { missing } from '../../test/kernel/needs.ts';
import { Field } from './field.ts';
import { buildReceivers, buildTools, type Job, type Receiver } from './programs.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    turns: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
});

const PACKETS = 2000;
const JOBS: readonly Job[] = ['accept', 'rewrite'];

interface Measured {
  readonly flood: Record<Job, number[]>;
  readonly cpu: Record<Job, number[]>;
  readonly drain: Record<Job, number[]>;
}

interface Figures {
  /** Packets a second, medians. */
  readonly flood: Record<Job, number>;
  /** Nanoseconds of processor time for a packet of the flood. */
  readonly cpu: Record<Job, number>;
  readonly drain: Record<Job, number>;
  /** Microseconds from send to receive. */
  readonly latency: { readonly p50: number; readonly p99: number };
}

const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1]!;
const percentiles = (sorted: readonly number[]) => ({
  p50: sorted[Math.floor(sorted.length * 0.5)]!,
  p99: sorted[Math.floor(sorted.length * 0.99)]!,
});

async function takeTurns(field: Field, receivers: readonly Receiver[]) {
  const all = new Map<Receiver, Measured>(
    receivers.map((one) => [
      one,
      {
        flood: { accept: [], rewrite: [] },
        cpu: { accept: [], rewrite: [] },
        drain: { accept: [], rewrite: [] },
      },
    ]),
  );
  for (let turn = 0; turn < Number(values.turns); turn++)
    for (const job of JOBS)
      for (const [receiver, { flood, cpu, drain }] of all) {
        const one = await field.flooded(receiver, job, Number(values.seconds));
        flood[job].push(one.rate);
        cpu[job].push(one.cpu);
        drain[job].push(await field.drained(receiver, job));
      }
  return all;
}

async function measure(field: Field, receivers: readonly Receiver[]) {
  const figures: Partial<Record<Receiver['name'], Figures>> = {};
  for (const [receiver, { flood, cpu, drain }] of await takeTurns(field, receivers))
    figures[receiver.name] = {
      flood: { accept: median(flood.accept), rewrite: median(flood.rewrite) },
      cpu: { accept: median(cpu.accept), rewrite: median(cpu.rewrite) },
      drain: { accept: median(drain.accept), rewrite: median(drain.rewrite) },
      latency: percentiles(await field.latencies(receiver, PACKETS)),
    };
  return { figures, direct: percentiles(await field.latencies(undefined, PACKETS)) };
}

type Results = Awaited<ReturnType<typeof measure>>;

/** sluice against the classic program, and how near to the batched one. */
function ratios({ figures: { sluice, classic, batched } }: Results, of: 'flood' | 'cpu' | 'drain') {
  if (sluice === undefined) return undefined;
  const against = (other: Figures | undefined, job: Job) =>
    other && Number(((sluice[of][job] / other[of][job]) ** (of === 'cpu' ? -1 : 1)).toFixed(2));
  return {
    accept: against(classic, 'accept'),
    rewrite: against(classic, 'rewrite'),
    batched: against(batched, 'accept'),
  };
}

function printed({ figures, direct }: Results, receivers: readonly Receiver[]): string {
  const count = (value: number): string => Math.round(value).toLocaleString('en');
  const table = new Table({
    head: ['packets a second', 'flood', 'rewriting', 'full queue', 'rewriting', 'added p50', 'p99'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { name, what } of receivers) {
    const one = figures[name];
    if (one === undefined) continue;
    const { flood, drain, latency } = one;
    table.push([
      what,
      ...[flood.accept, flood.rewrite, drain.accept, drain.rewrite].map(count),
      `${(latency.p50 - direct.p50).toFixed(0)} µs`,
      `${(latency.p99 - direct.p99).toFixed(0)} µs`,
    ]);
  }
  return table.toString();
}

const MEANING = {
  ratios: 'under a flood',
  cpu: 'packets for the same processor time',
  drain: 'out of a full queue',
};

const reason = missing();
if (reason !== undefined) {
  console.error(`the queue cannot be measured here: ${reason}`);
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'sluice-queue-'));
const field = new Field(buildTools(folder));
try {
  const only = values.only?.split(',');
  const receivers = buildReceivers(folder).filter(({ name }) => only?.includes(name) ?? true);
  const results = await measure(field, receivers);
  const summary = {
    ratios: ratios(results, 'flood'),
    cpu: ratios(results, 'cpu'),
    drain: ratios(results, 'drain'),
  };
  if (values.json) console.log(JSON.stringify({ ...summary, ...results }, null, 2));
  else {
    console.log(printed(results, receivers));
    for (const [name, one] of Object.entries(summary))
      if (one !== undefined)
        console.log(
          `${MEANING[name as keyof typeof summary]}: sluice / classic ${one.accept}, rewriting ${one.rewrite}; sluice / batched ${one.batched}`,
        );
  }
} finally {
  field.close();
  rmSync(folder, { recursive: true });
}
