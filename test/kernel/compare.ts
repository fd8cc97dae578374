// What of two outcomes must be equal, and how a difference is said.

import { printPacket } from '../../src/packet/index.ts';
import type { Case, Outcome, Sent } from './case.ts';
import { cookiesOf } from './cookie.ts';
import { parseEntry, withoutChancePorts } from './entries.ts';
import { fromHex, withoutChance } from './frames.ts';

const DLT_EN10MB = 1;

/** Real time passes between a packet and the look at its entry: two seconds are no difference. */
const TIMEOUT_SLACK = 2;

/** Sentences, one for each difference; none when the outcomes agree. */
export function differences(one: Case, expected: Outcome, actual: Outcome): string[] {
  const [wanted, got] = [readable(one, expected), readable(one, actual)];
  return [
    ...one.steps.flatMap((_, i) => sentDifferences(i, wanted[i] ?? [], got[i] ?? [])),
    ...expected.looks.flatMap((look, i) =>
      entryDifferences(one, look, actual.looks[i] ?? []).map((d) => `look ${i}: ${d}`),
    ),
    ...expected.expected.flatMap((look, i) =>
      expectationDifferences(one, look, actual.expected[i] ?? []).map((d) => `expect ${i}: ${d}`),
    ),
    ...entryDifferences(one, expected.conntrack, actual.conntrack),
    ...counterDifferences(expected, actual),
    ...subtract(expected.named, actual.named).map((n) => `named in the kernel: ${n}`),
    ...subtract(actual.named, expected.named).map((n) => `named in the engine: ${n}`),
  ];
}

/** Frames with what may differ by chance replaced. */
function readable(one: Case, { sent }: Outcome): Sent[][] {
  const chance = one.chance ?? [];
  const cookies = chance.includes('cookie') ? cookiesOf(sent.flat()) : undefined;
  return sent.map((frames) =>
    frames.map(({ device, frame }) => ({ device, frame: withoutChance(frame, one, cookies) })),
  );
}

function sentDifferences(
  step: number,
  expected: readonly Sent[],
  actual: readonly Sent[],
): string[] {
  const [want, got] = [byDevice(expected), byDevice(actual)];
  const missing = subtract(want, got).map((s) => `step ${step}: the kernel sent ${show(s)}`);
  const extra = subtract(got, want).map((s) => `step ${step}: the engine sent ${show(s)}`);
  if (missing.length + extra.length > 0 || want.join() === got.join())
    return [...missing, ...extra];
  return [`step ${step}: sent in another order`];
}

/** Frames in order on each device; devices do not have an order among each other. */
const byDevice = (sent: readonly Sent[]): string[] =>
  [...sent]
    .sort((a, b) => (a.device < b.device ? -1 : a.device > b.device ? 1 : 0))
    .map((s) => `${s.device} ${s.frame}`);

function show(sent: string): string {
  const [device, frame] = sent.split(' ') as [string, string];
  return `on ${device}: ${printPacket(fromHex(frame), DLT_EN10MB)}\n        ${frame}`;
}

function entryDifferences(
  one: Case,
  expected: readonly string[],
  actual: readonly string[],
): string[] {
  const chance = one.chance ?? [];
  const want = expected.map((line) => parseEntry(line, one)).sort(byKey);
  const got = actual.map((line) => parseEntry(line, one)).sort(byKey);
  const problems = [
    ...subtract(
      want.map((e) => e.key),
      got.map((e) => e.key),
    ).map((k) => `entry only in the kernel: ${k}`),
    ...subtract(
      got.map((e) => e.key),
      want.map((e) => e.key),
    ).map((k) => `entry only in the engine: ${k}`),
  ];
  if (problems.length > 0 || chance.includes('timeout')) return problems;
  return want.flatMap((entry, i) => {
    const off = Math.abs(entry.timeout - got[i]!.timeout);
    if (off <= TIMEOUT_SLACK) return [];
    return [
      `timeout ${entry.timeout} in the kernel, ${got[i]!.timeout} in the engine: ${entry.key}`,
    ];
  });
}

/** Seconds and what follows; the order is that of a hash table. */
function expectationDifferences(
  one: Case,
  expected: readonly string[],
  actual: readonly string[],
): string[] {
  const parse = (line: string): { key: string; timeout: number } => {
    const [seconds = '', ...words] = line.trim().split(/\s+/);
    return { key: withoutChancePorts(words.join(' '), one), timeout: Number(seconds) };
  };
  const want = expected.map(parse).sort(byKey);
  const got = actual.map(parse).sort(byKey);
  const keys = (list: readonly { key: string }[]): string[] => list.map(({ key }) => key);
  const problems = [
    ...subtract(keys(want), keys(got)).map((k) => `only in the kernel: ${k}`),
    ...subtract(keys(got), keys(want)).map((k) => `only in the engine: ${k}`),
  ];
  if (problems.length > 0) return problems;
  return want
    .filter(({ timeout }, i) => Math.abs(timeout - got[i]!.timeout) > TIMEOUT_SLACK)
    .map(({ key, timeout }, i) => `timeout ${timeout}, in the engine ${got[i]!.timeout}: ${key}`);
}

const byKey = (a: { key: string }, b: { key: string }): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : 0;

function counterDifferences(expected: Outcome, actual: Outcome): string[] {
  const text = (o: Outcome): string[] =>
    o.counters.map((c) => `${c.chain} rule ${c.rule}: packets ${c.packets} bytes ${c.bytes}`);
  const [want, got] = [text(expected), text(actual)];
  return [
    ...subtract(want, got).map((c) => `counter in the kernel: ${c}`),
    ...subtract(got, want).map((c) => `counter in the engine: ${c}`),
  ];
}

/** What is in `a` more often than in `b`. */
function subtract(a: readonly string[], b: readonly string[]): string[] {
  const left = [...b];
  return a.filter((x) => {
    const i = left.indexOf(x);
    if (i >= 0) left.splice(i, 1);
    return i < 0;
  });
}
