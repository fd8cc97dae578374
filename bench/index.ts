// `npm run bench [-- --json] [forwarding] [conntrack] [loading] [restoring] [startup]`: every figure beside
// what it is to be compared with, measured in the same run.

import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { loadLibc } from '../src/linux/index.ts';
import { missing } from '../test/kernel/needs.ts';
import { measureConntrack, printConntrack } from './conntrack.ts';
import { type Figures, measureEngine, measureKernel, SCENARIOS } from './forwarding.ts';
import { measureLoading, measureLookup } from './loading.ts';
import { measureCommands, measureIpset, measureRestore } from './restoring.ts';
import { measureStartup } from './startup.ts';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const print = (text: string): void => {
  if (!values.json) console.log(text);
};
const count = (value: number): string => Math.round(value).toLocaleString('en');

/** Kernel and engine take turns, so that a machine that slows down slows both. */
const TURNS = 3;
const median = (all: number[]): number => all.sort((a, b) => a - b)[all.length >> 1]!;

const reason = missing();
const libc = reason === undefined ? await loadLibc() : undefined;
if (reason !== undefined) print(`the kernel is not measured: ${reason}`);

function forwarding(): Figures[] {
  return SCENARIOS.map((scenario) => {
    const turns = Array.from({ length: TURNS }, () => ({
      engine: measureEngine(scenario),
      ...(libc && measureKernel(libc, scenario)),
    }));
    const pick = (key: 'kernel' | 'sending'): number => median(turns.map((t) => t[key] ?? 0));
    const engine = median(turns.map((t) => t.engine));
    if (libc === undefined) return { name: scenario.name, engine };
    return { name: scenario.name, engine, kernel: pick('kernel'), sending: pick('sending') };
  });
}

function forwardingTable(figures: readonly Figures[]): string {
  const table = new Table({
    head: ['packets per second', 'engine', 'kernel', 'engine / kernel', 'kernel, drop at once'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  });
  for (const { name, engine, kernel, sending } of figures)
    table.push([
      name,
      count(engine),
      kernel === undefined ? '' : count(kernel),
      kernel === undefined ? '' : (engine / kernel).toFixed(2),
      sending === undefined ? '' : count(sending),
    ]);
  return table.toString();
}

const results: Record<string, unknown> = {};

if (wanted('forwarding')) {
  const figures = forwarding();
  results.forwarding = figures;
  print(forwardingTable(figures));
}
if (wanted('conntrack')) {
  const figures = await measureConntrack();
  results.conntrack = figures;
  print(printConntrack(figures));
}
if (wanted('loading')) {
  const [files, lookup] = [measureLoading(libc), measureLookup()];
  results.loading = { files, lookup };
  const inProcess = (ms: number): string =>
    `; in a process that has loaded it before ${count(ms)} ms`;
  for (const { name, sluice, nft, again } of files)
    print(
      `${name}: sluice check ${count(sluice)} ms${nft === undefined ? '' : `, nft -c -f ${count(nft)} ms, ratio ${(sluice / nft).toFixed(2)}`}${inProcess(again)}`,
    );
  const cost = (perSecond: number): number => 1e8 / perSecond - 1e8 / lookup.none;
  print(
    `a look-up costs ${cost(lookup.small).toFixed(0)} ns among 100 intervals, ${cost(lookup.large).toFixed(0)} ns among 100,000`,
  );
}
if (wanted('restoring')) {
  const isAllowed = libc !== undefined;
  const files = measureRestore(isAllowed);
  const [commands, ipset] = [measureCommands(), measureIpset(isAllowed)];
  results.restoring = { files, commands, ipset };
  const beside = (name: string, ours: number, ms: number | undefined): string =>
    ms === undefined ? '' : `, ${name} ${count(ms)} ms, ratio ${(ours / ms).toFixed(2)}`;
  for (const { name, sluice, legacy, nft, again } of files)
    print(
      `iptables-restore --test of 10,000 rules ${name}: sluice ${count(sluice)} ms${beside('legacy', sluice, legacy)}${beside('nft', sluice, nft)}; in a process that has loaded it before ${count(again)} ms`,
    );
  const each = Object.entries(commands).map(([name, ms]) => `${name} ${count(ms)} ms`);
  print(`on a kept ruleset of 1,000 rules: sluice ${each.join(', ')}`);
  print(
    `ipset restore of 100,000 elements: sluice ${count(ipset.sluice)} ms${beside('ipset', ipset.sluice, ipset.ipset)}`,
  );
}
if (wanted('startup')) {
  const figures = measureStartup();
  results.startup = figures;
  const { trace, list, node } = figures;
  print(
    `from start to end: sluice trace ${count(trace)} ms, sluice nft list ruleset of 1,000 rules ${count(list)} ms, an empty node ${count(node)} ms`,
  );
}
if (values.json) console.log(JSON.stringify(results, null, 2));
