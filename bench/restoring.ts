// Rulesets of iptables and sets of ipset, as whole processes: restored from files of several kinds beside
// both real iptables, in turns; and the commands that a script calls hundreds of times, on what is kept.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileRestore } from '../src/iptables/index.ts';
import { addressList, byHand, kubeProxy } from './firewalls.ts';
import { median, root, TURNS, time, timeAgain } from './loading.ts';

const FILES = {
  'that are all alike': addressList(10_000),
  'of kube-proxy, in 3,750 chains': kubeProxy(10_000),
  'of sixteen kinds, as written by hand': byHand(10_000),
} as const;

export interface RestoreFigures {
  readonly name: string;
  /** Milliseconds, medians. */
  readonly sluice: number;
  readonly legacy?: number;
  readonly nft?: number;
  /** In a process that has loaded it before. */
  readonly again: number;
}

const SLUICE = `${root}dist/sluice.js`;

const ours = (words: readonly string[], env = process.env): number =>
  time(process.execPath, [SLUICE, ...words], env);

/** Of each figure that the turns have. */
const medians = <T extends Readonly<Record<string, number | undefined>>>(turns: readonly T[]): T =>
  Object.fromEntries(
    Object.keys(turns[0]!).map((key) => [key, median(turns.map((turn) => turn[key] ?? 0))]),
  ) as T;

/** With a folder, and a network namespace where the kernel may be asked. */
function within<T>(isAllowed: boolean, work: (folder: string, real: readonly string[]) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const namespace = `slbench${process.pid}`;
  if (isAllowed) spawnSync('ip', ['netns', 'add', namespace]);
  try {
    return work(folder, isAllowed ? ['netns', 'exec', namespace] : []);
  } finally {
    if (isAllowed) spawnSync('ip', ['netns', 'del', namespace]);
    rmSync(folder, { recursive: true });
  }
}

/** `iptables-restore --test` of 10,000 rules, ours and both real ones. */
export const measureRestore = (isAllowed: boolean): RestoreFigures[] =>
  within(isAllowed, (folder, real) =>
    Object.entries(FILES).map(([name, text]) => {
      const file = join(folder, 'rules.v4');
      writeFileSync(file, text);
      const theirs = (kind: string): number =>
        time('ip', [...real, `iptables-${kind}-restore`, '--test', file]);
      const turns = Array.from({ length: TURNS }, () => ({
        sluice: ours(['iptables-restore', '--test', file]),
        ...(isAllowed && { legacy: theirs('legacy'), nft: theirs('nft') }),
      }));
      const again = timeAgain(() => compileRestore({ name: file, text }, { family: 'ip' }));
      return { name, ...medians(turns), again };
    }),
  );

const APPEND = ['-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT'];

/** Commands on a kept ruleset of 1,000 rules that are all alike; what they append stays. */
export const measureCommands = () =>
  within(false, (folder) => {
    const env = { ...process.env, SLUICE_STATE: join(folder, 'state.json') };
    const file = join(folder, 'rules.v4');
    writeFileSync(file, addressList(1000));
    ours(['iptables-restore', file], env);
    return medians(
      Array.from({ length: TURNS }, () => ({
        'iptables -A': ours(['iptables', ...APPEND], env),
        'iptables -C': ours(['iptables', '-C', ...APPEND.slice(1)], env),
        'iptables -S': ours(['iptables', '-S'], env),
        'iptables -L -n': ours(['iptables', '-L', '-n'], env),
        'iptables-save': ours(['iptables-save'], env),
      })),
    );
  });

const ELEMENTS = Array.from(
  { length: 100_000 },
  (_, i) => `add s 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}\n`,
);

/** `ipset restore` of 100,000 elements, which for ours come to a file, for the real one to the kernel. */
export const measureIpset = (isAllowed: boolean) =>
  within(isAllowed, (folder, real) => {
    const file = join(folder, 'sets.ipset');
    writeFileSync(file, `create s hash:ip maxelem 200000\n${ELEMENTS.join('')}`);
    const state = join(folder, 'state.json');
    const env = { ...process.env, SLUICE_STATE: state };
    return medians(
      Array.from({ length: 5 }, () => {
        rmSync(state, { force: true });
        if (isAllowed) spawnSync('ip', [...real, 'ipset', 'destroy']);
        return {
          sluice: ours(['ipset', 'restore', '-file', file], env),
          ...(isAllowed && { ipset: time('ip', [...real, 'ipset', 'restore', '-file', file]) }),
        };
      }),
    );
  });
