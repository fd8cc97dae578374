// Firewalls as tools and people write them, whole: each is loaded by the real tools, both kinds, and by
// ours; the saved texts are alike, and packets made for every rule have the same fate and count the same.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manualClock } from '../../src/core/index.ts';
import { saveRuleset } from '../../src/iptables/index.ts';
import {
  createFirewall,
  type Loaded,
  loadRuleset,
  type PacketsFor,
  packetsFor,
  type Said,
} from '../../src/lab/index.ts';
import { loadLibc } from '../../src/linux/index.ts';
import type { Case, Step, Target, Topology, XtVariant } from './case.ts';
import { command } from './command.ts';
import { EngineTarget, stackConfig } from './engine-target.ts';
import { NETWORKS } from './firewalls/networks.ts';
import { fromHex } from './frames.ts';
import { KernelTarget } from './kernel-target.ts';
import { missing } from './needs.ts';
import { judged } from './suite.ts';
import { SYSCTL } from './topology.ts';
import { linesOf } from './xtables.ts';

/** Three of them are examples, too. */
const FOLDERS = ['./firewalls/', '../../examples/firewalls/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);
const NETNS = `slfire${process.pid}`;
const TRIES = Number(process.env.SLUICE_TRIES ?? 1000);
const SEED = Number(process.env.SLUICE_SEED ?? 1);

/** Conversations that are sent whatever rules they meet. */
const KEPT = 100;

const PLACES = new Map(
  FOLDERS.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => !name.includes('.'))
      .map((name) => [name, join(folder, name)] as const),
  ),
);
const NAMES = [...PLACES.keys()];
const VARIANTS = ['legacy', 'nft'] as const satisfies readonly XtVariant[];
const TOOLS = ['iptables', 'ip6tables'] as const;

type Tool = (typeof TOOLS)[number];

const inNetns = (program: string, args: readonly string[], input?: string): string =>
  command('ip', ['netns', 'exec', NETNS, program, ...args], input);

const textOf = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8') : undefined;

interface Texts {
  readonly ipset?: string;
  readonly iptables?: string;
  readonly ip6tables?: string;
}

/** Runs a script of calls by a shell, with `iptables` being the real one of a kind. */
function ranByShell(script: string, variant: XtVariant): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-fire-'));
  const real = spawnSync('which', [`iptables-${variant}`], { encoding: 'utf8' }).stdout.trim();
  symlinkSync(real, join(folder, 'iptables'));
  const PATH = `${folder}:${process.env.PATH}`;
  inNetns('env', [`PATH=${PATH}`, 'sh', script]);
  rmSync(folder, { recursive: true });
  return inNetns(`iptables-${variant}-save`, []);
}

/** Every namespace begins without rules, those of legacy included. */
function afresh(): void {
  spawnSync('ip', ['netns', 'del', NETNS]);
  command('ip', ['netns', 'add', NETNS]);
}

/** The files of a firewall; what a script of calls makes where it is one. */
function textsOf(name: string): Texts {
  const at = (file: string): string => join(PLACES.get(name)!, file);
  const [ipset, ip6tables] = [textOf(at('sets.ipset')), textOf(at('rules.v6'))];
  const iptables = textOf(at('rules.v4')) ?? ranByShell(at('firewall.sh'), 'nft');
  return { iptables, ...(ipset && { ipset }), ...(ip6tables && { ip6tables }) };
}

function ours({ ipset, iptables, ip6tables }: Texts): Loaded {
  const sources = [
    ...(ipset === undefined ? [] : [{ name: 'sets.ipset', text: ipset }]),
    ...(iptables === undefined ? [] : [{ name: 'rules.v4', text: iptables }]),
    ...(ip6tables === undefined ? [] : [{ name: 'rules.v6', text: ip6tables }]),
  ];
  return loadRuleset(sources, { strict: true });
}

/** Tables have no order of their own: nft's come as they were made, legacy's as their modules were. */
const tablesOf = (saved: string): string[] =>
  saved
    .split(/^(?=\*)/m)
    .map((table) => linesOf(table).join('\n'))
    .filter((table) => table.startsWith('*'))
    .sort();

function savedBy(variant: XtVariant, tool: Tool, { ipset, ...texts }: Texts): string[] {
  afresh();
  if (ipset !== undefined) inNetns('ipset', ['restore'], ipset);
  inNetns(`${tool}-${variant}-restore`, ['-c'], texts[tool]);
  return tablesOf(inNetns(`${tool}-${variant}-save`, ['-c']));
}

/** What differs, with the step behind which it is first seen: found by halving, as a firewall's packets are many. */
function toldShort(one: Case, kernel: Target, engine: Target): string {
  if (judged(one, kernel, engine).length === 0) return '';
  const upTo = (count: number): string[] =>
    judged({ ...one, steps: one.steps.slice(0, count) }, kernel, engine);
  let [alike, differing] = [0, one.steps.length];
  while (differing - alike > 1) {
    const middle = (alike + differing) >> 1;
    if (upTo(middle).length === 0) alike = middle;
    else differing = middle;
  }
  return [JSON.stringify(one.steps[differing - 1]), ...upTo(differing)].join('\n');
}

/** Chance is another in either: backends are taken in turns instead. Limits do not fill while this runs. */
const inTurns = (text: string): string =>
  text
    .replace(/(limit(?:-upto)? \d+\/)(?:sec|min)\b/g, '$1hour')
    .replace(
      /--mode random --probability ([\d.]+)/g,
      (_, p: string) => `--mode nth --every ${Math.round(1 / Number(p))} --packet 0`,
    )
    .replaceAll(' --random-fully', '');

const NOTHING_LEFT = 'udp 192.0.2.77:9 > 192.0.2.78:9';

/** The kernel counts identifications of its own from a random start. */
const withId = (text: string): string =>
  /^hex |\bip6|\[|icmp6| ipid /.test(text) ? text : text.replace(/, local$/, ' ipid 7, local');

/** The kernel picks an id by chance where another echo has it already. */
const withEchoId = (text: string): string =>
  text.replace(/ type (8|128) code 0/, (all) => {
    const id = [...text].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) & 0xffff, 0);
    return `${all} id ${id}`;
  });

/** The suite sends by a socket without an address: a group is reached by the
 * default route then, not by the source, and nobody (`::`) is the host. */
const isToGroup = (text: string): boolean => / > (2[2-5]\d\.|\[?ff|\[::\])/.test(text);

const made = new Map<string, PacketsFor>();

/** The same for both kinds of the real tools. */
function packetsOf(name: string, texts: Texts): PacketsFor {
  const known = made.get(name);
  if (known !== undefined) return known;
  const { batch, ipsets, program } = ours(texts);
  const network = stackConfig(NETWORKS[name]!, SYSCTL);
  const options = { tries: TRIES, keep: KEPT, seed: SEED, network };
  const packets = packetsFor({ batches: [batch], ipsets, program }, options);
  made.set(name, packets);
  return packets;
}

/** Extension headers of zeroes go on for ever: legacy drops what it cannot read, native expressions pass it by. */
const isDamaged = (text: string): boolean => /^ip6 .* proto (0|43|44|51|60|135)\b/.test(text);

/** Packets with a mark come from inside only, and time that passes here is real. */
function stepOf({ text: said, answers }: Said, network: Topology, only: XtVariant): Step[] {
  const text = withEchoId(said);
  if (only === 'legacy' && isDamaged(text)) return [];
  if (/ mark 0x/.test(text)) return [];
  if (text.endsWith(', local')) return isToGroup(text) ? [] : [{ local: withId(text) }];
  const on = / in (\S+)$/.exec(text)?.[1] ?? network.interfaces[0]!.name;
  if (answers === undefined) return [{ on, packet: text }];
  const last = (sent: Parameters<Extract<Step, { answer: unknown }>['answer']>[0]): string => {
    const left = sent.at(-1);
    return (left && answers({ device: left.device, frame: fromHex(left.frame) })) ?? NOTHING_LEFT;
  };
  return [{ on, answer: last }];
}

const reason = missing();

describe.skipIf(reason !== undefined)(`firewalls${reason ? ` (${reason})` : ''}`, async () => {
  const kernel = reason === undefined ? new KernelTarget(await loadLibc()) : undefined;
  const engine = new EngineTarget();
  beforeAll(afresh);
  afterAll(() => {
    kernel?.close();
    command('ip', ['netns', 'del', NETNS]);
  });

  test.each(NAMES.flatMap((name) => TOOLS.map((tool) => ({ name, tool }))))(
    '$name is saved as $tool saves it',
    ({ name, tool }) => {
      const texts = textsOf(name);
      if (texts[tool] === undefined) return;
      const { batch, ipsets, problems } = ours(texts);
      expect(problems).toEqual([]);
      const firewall = createFirewall({
        network: { interfaces: [] },
        rulesets: [batch],
        ipsets,
        clock: manualClock(),
      });
      const family = tool === 'iptables' ? 'ip' : 'ip6';
      const mine = tablesOf(saveRuleset(firewall.engine.list(), family, { counters: true }));
      for (const variant of VARIANTS) expect(mine, variant).toEqual(savedBy(variant, tool, texts));
    },
  );

  test.each(NAMES.flatMap((name) => VARIANTS.map((only) => ({ name, only }))))(
    '$name treats packets as $only does',
    ({ name, only }) => {
      const texts = textsOf(name);
      const xtables = Object.fromEntries(
        Object.entries(texts).map(([tool, text]) => [tool, linesOf(inTurns(text)).join('\n')]),
      );
      const topology = NETWORKS[name]!;
      const made = packetsOf(name, xtables);
      const steps = made.packets.flatMap((said) => stepOf(said, topology, only));
      const one: Case = {
        name,
        xtables,
        only,
        topology,
        fresh: true,
        steps,
        chance: ['port', 'fragid', 'quoted', 'optime'],
      };
      expect(toldShort(one, kernel!, engine)).toBe('');
      // Many rules stand behind others that take all of their packets, or ask a set of ipset.
      expect(made.coverage.matched).toBeGreaterThan(made.coverage.rules * 0.45);
    },
  );
});
