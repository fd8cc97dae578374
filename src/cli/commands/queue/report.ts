// What a queue does, told to a person on one line that is written over, to a program as JSON lines,
// and to Prometheus.

import type { QueueStatistics } from '../../../queue/index.ts';

/** Numbers of one queue, or of several together. */
export interface Numbers {
  readonly packets: number;
  readonly bytes: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly causes: Readonly<Record<string, number>>;
  readonly edited: number;
  readonly late: number;
  readonly pending: number;
  readonly waiting: number;
  readonly losses: Readonly<Record<string, number>>;
  /** Microseconds. */
  readonly latency: { readonly p50: number; readonly p99: number };
  /** Packets by how long they took at most, in seconds, and the sum of all times. */
  readonly buckets: readonly (readonly [number, number])[];
  readonly seconds: number;
}

/** In seconds, as Prometheus has them. */
const BUCKETS = [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 0.1, 1];

export function numbersOf(statistics: QueueStatistics, waiting: number): Numbers {
  const { latency, losses, ...rest } = statistics;
  const micro = (share: number): number => Math.round(latency.quantile(share) / 100) / 10;
  return {
    ...rest,
    waiting,
    losses: { ...losses },
    latency: { p50: micro(0.5), p99: micro(0.99) },
    buckets: BUCKETS.map((seconds) => [seconds, latency.atMost(seconds * 1e9)]),
    seconds: latency.sum / 1e9,
  };
}

const addUp = (
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> =>
  Object.fromEntries(Object.keys({ ...a, ...b }).map((k) => [k, (a[k] ?? 0) + (b[k] ?? 0)]));

const NOTHING: Numbers = {
  packets: 0,
  bytes: 0,
  verdicts: {},
  causes: {},
  edited: 0,
  late: 0,
  pending: 0,
  waiting: 0,
  losses: {},
  latency: { p50: 0, p99: 0 },
  buckets: BUCKETS.map((seconds) => [seconds, 0]),
  seconds: 0,
};

/** Sums; quantiles cannot be added, the worst stands for all. */
export function together(all: readonly Numbers[]): Numbers {
  const sum = (a: Numbers, b: Numbers): Numbers => ({
    packets: a.packets + b.packets,
    bytes: a.bytes + b.bytes,
    verdicts: addUp(a.verdicts, b.verdicts),
    causes: addUp(a.causes, b.causes),
    edited: a.edited + b.edited,
    late: a.late + b.late,
    pending: a.pending + b.pending,
    waiting: a.waiting + b.waiting,
    losses: addUp(a.losses, b.losses),
    latency: {
      p50: Math.max(a.latency.p50, b.latency.p50),
      p99: Math.max(a.latency.p99, b.latency.p99),
    },
    buckets: a.buckets.map(([le, n], i) => [le, n + (b.buckets[i]?.[1] ?? 0)]),
    seconds: a.seconds + b.seconds,
  });
  return all.reduce(sum, NOTHING);
}

/** `1,234,567`. Intl would be loaded for it first, 200 ms in which no packet is answered. */
const grouped = (n: number): string =>
  Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');

/** `12,000 packets, 1,000/s: 11,990 accepted (300 edited), 10 dropped; 35 µs, 99% 90 µs`. */
export function statusLine(now: Numbers, before: Numbers | undefined, seconds: number): string {
  const rate = seconds > 0 ? (now.packets - (before?.packets ?? 0)) / seconds : 0;
  const { accept = 0, drop = 0, ...others } = now.verdicts;
  const parts = [
    `${grouped(accept)} accepted${now.edited > 0 ? ` (${grouped(now.edited)} edited)` : ''}`,
    `${grouped(drop)} dropped`,
    ...Object.entries(others)
      .filter(([, n]) => n > 0)
      .map(([name, n]) => `${grouped(n)} ${name}`),
  ];
  const troubles = troublesOf(now).map(([name, n]) => `${grouped(n)} ${name}`);
  const times = `${now.latency.p50} µs, 99% ${now.latency.p99} µs`;
  const line = `${grouped(now.packets)} packets, ${grouped(rate)}/s: ${parts.join(', ')}; ${times}`;
  return troubles.length === 0 ? line : `${line}; ${troubles.join(', ')}`;
}

/** What went wrong, in words; what did not is left out. */
function troublesOf({ causes, losses, waiting }: Numbers): [string, number][] {
  const all: [string, number | undefined][] = [
    ['waiting', waiting],
    ['thrown', causes.threw],
    ['rejected', causes.rejected],
    ['past the deadline', causes.expired],
    ['wrong answers', causes.invalid],
    ['lost to a full queue', losses.full],
    ['lost to a full socket', losses.undelivered],
    ['overruns', losses.overruns],
    ['unreadable', losses.malformed],
    ['verdicts refused', losses.refused],
  ];
  return all.filter((one): one is [string, number] => (one[1] ?? 0) > 0);
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  readonly label?: string;
  readonly values: Readonly<Record<string, number>>;
}

const metricsOf = (n: Numbers): readonly Metric[] => [
  {
    name: 'sluice_queue_packets_total',
    help: 'Packets received.',
    type: 'counter',
    values: { '': n.packets },
  },
  {
    name: 'sluice_queue_bytes_total',
    help: 'Bytes of packets received.',
    type: 'counter',
    values: { '': n.bytes },
  },
  {
    name: 'sluice_queue_verdicts_total',
    help: 'Verdicts given.',
    type: 'counter',
    label: 'verdict',
    values: n.verdicts,
  },
  {
    name: 'sluice_queue_causes_total',
    help: 'Who decided: the handler, or the policy because of what.',
    type: 'counter',
    label: 'cause',
    values: n.causes,
  },
  {
    name: 'sluice_queue_edited_total',
    help: 'Packets that went on changed.',
    type: 'counter',
    values: { '': n.edited },
  },
  {
    name: 'sluice_queue_lost_total',
    help: 'What was lost on the way here.',
    type: 'counter',
    label: 'reason',
    values: n.losses,
  },
  {
    name: 'sluice_queue_pending',
    help: 'Packets whose handler has not answered yet.',
    type: 'gauge',
    values: { '': n.pending },
  },
  {
    name: 'sluice_queue_waiting',
    help: 'Packets that wait in the kernel.',
    type: 'gauge',
    values: { '': n.waiting },
  },
];

/** The text format of Prometheus, version 0.0.4. */
export function metricsText(numbers: Numbers, queue: number): string {
  const lines: string[] = [];
  for (const { name, help, type, label, values } of metricsOf(numbers)) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [value, n] of Object.entries(values)) {
      const more = label === undefined ? '' : `,${label}="${value}"`;
      lines.push(`${name}{queue="${queue}"${more}} ${n}`);
    }
  }
  const name = 'sluice_queue_latency_seconds';
  const total = Object.values(numbers.verdicts).reduce((a, b) => a + b, 0);
  lines.push(`# HELP ${name} From reading a packet to its verdict.`, `# TYPE ${name} histogram`);
  for (const [le, n] of numbers.buckets)
    lines.push(`${name}_bucket{queue="${queue}",le="${le}"} ${n}`);
  lines.push(
    `${name}_bucket{queue="${queue}",le="+Inf"} ${total}`,
    `${name}_sum{queue="${queue}"} ${numbers.seconds}`,
    `${name}_count{queue="${queue}"} ${total}`,
  );
  return `${lines.join('\n')}\n`;
}
