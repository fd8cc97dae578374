// `iptables -L` beside iptables-nft: every rule of the vectors that both take, and of a list of its own, is appended
// to its chain, and the chain is listed by both, with numbers and with names. The tool of the machine is 1.8.9, what
// it writes otherwise than 1.8.13 is put right or named below.

import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConntrack } from '../../src/conntrack/index.ts';
import { manualClock, Netns, seeded } from '../../src/core/index.ts';
import { NfTables } from '../../src/engine/index.ts';
import { compileLine } from '../../src/iptables/index.ts';
import { createNat } from '../../src/nat/index.ts';
import { nameOfProtocol } from '../../src/uapi/index.ts';
import { shellWords } from '../shell-words.ts';
import { command } from './command.ts';
import { LISTED } from './listing/rules.ts';
import { missing } from './needs.ts';
import { FAMILY, type XtTool } from './xtables.ts';

interface Vector {
  readonly file: string;
  readonly tool: XtTool;
  readonly table: string;
  readonly chains: readonly string[];
  readonly rule: string;
}

const VECTORS = new URL('../../../shared/conformance/iptables-t.jsonl', import.meta.url);
const NETNS = 'slxtlist';

/** Rules that are listed in another way, and why. A listed one that is alike fails. */
const DIFFERENT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['tcp', 'udp'].flatMap((protocol) =>
      ['sport', 'dport'].map((option) => [
        `-p ${protocol} -m ${protocol} ! --${option} :`,
        '1.8.9 makes no match of the whole range, negated or not',
      ]),
    ),
  ),
  'arptables --src-mac ! 01:02:03:04:05:06 --dst-mac ! 07:08:09:0A:0B:0C --h-length ! 6 --opcode ! Request --h-type ! Ethernet --proto-type ! ipv4':
    '1.8.9 leaves out what it takes for defaults, though they are negated',
  'arptables --h-type 10': '1.8.9 lists in decimal what it reads and saves in hexadecimal',
};

const netns = new Netns({ clock: manualClock(), random: seeded(1) });
const conntrack = createConntrack(netns);
const nat = createNat(netns, conntrack);

const real = (tool: XtTool, args: readonly string[]): string =>
  command('ip', ['netns', 'exec', NETNS, `${tool}-nft`, ...args]);

function ours(engine: NfTables, tool: XtTool, args: readonly string[]): string {
  const { batch, output, diagnostics } = compileLine(args, {
    family: FAMILY[tool],
    current: engine.list(),
  });
  const problem = diagnostics.find(({ severity }) => severity === 'error');
  if (problem !== undefined) throw new Error(problem.message);
  engine.apply(batch);
  return output;
}

/** What an attempt gives, or undefined where it throws. */
function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch {
    return undefined;
  }
}

/** Rules of one chain of one file, which stand there together. */
function groupsOf(vectors: readonly Vector[]): readonly (readonly Vector[])[] {
  const groups = new Map<string, Vector[]>();
  for (const one of vectors) {
    const key = [one.file, one.tool, one.table, one.chains[0]].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
}

const rowsOf = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !/^(Chain|num| *pkts|target|Bridge)/.test(line));

/** As 1.8.13 writes it: names of protocols with -n, too, and `!` before the options of ebtables. bpf ends in a NUL. */
const asToday = (tool: XtTool, row: string): string =>
  tool === 'ebtables'
    ? row.replace(/(-[\w-]+) ! /g, '! $1 ')
    : row
        .replaceAll('\0', '')
        .replace(
          /([ !])(\d+) +(--|-f|!f) /,
          (_, sign: string, number: string, fragment: string) => {
            const name = number === '0' ? 'all' : nameOfProtocol(Number(number));
            return `${sign}${(name ?? number).padEnd(4)} ${fragment} `;
          },
        );

interface Listed {
  readonly tool: XtTool;
  readonly rule: string;
  readonly theirs: string;
  readonly mine: string;
}

/** Rows of both, of rules that both take; none where the tool of the machine crashes over its own list. */
function rowsOfBoth(group: readonly Vector[], options: readonly string[]): readonly Listed[] {
  const { tool, table, chains } = group[0]!;
  const chain = chains[0]!;
  const engine = new NfTables(netns, { conntrack, nat });
  const inTable = (...rest: readonly string[]): string[] => ['-t', table, ...rest];
  const both = group.filter(({ rule }) => {
    const words = inTable('-A', chain, ...shellWords(rule));
    if (attempt(() => real(tool, words)) === undefined) return false;
    if (attempt(() => ours(engine, tool, words)) !== undefined) return true;
    real(tool, inTable('-D', chain, ...shellWords(rule)));
    return false;
  });
  const list = inTable(...options, '-L', chain);
  const text = attempt(() => real(tool, list));
  const mine = rowsOf(ours(engine, tool, list));
  engine.close();
  real(tool, inTable('-F'));
  if (text === undefined) return halvesOf(both).flatMap((half) => rowsOfBoth(half, options));
  const theirs = rowsOf(text);
  return both.map(({ rule }, i) => ({
    tool,
    rule,
    theirs: asToday(tool, theirs[i] ?? ''),
    mine: mine[i] ?? '',
  }));
}

const halvesOf = (group: readonly Vector[]): readonly (readonly Vector[])[] =>
  group.length < 2 ? [] : [group.slice(0, group.length >> 1), group.slice(group.length >> 1)];

/** Both rows of what is not alike, or is alike though it is named as different. */
function wrongRows(listed: readonly Listed[]): string {
  return listed
    .filter(({ tool, rule, theirs, mine }) => {
      const known = DIFFERENT[`${tool} ${rule}`] ?? DIFFERENT[rule];
      return (theirs === mine) !== (known === undefined);
    })
    .map(({ tool, rule, theirs, mine }) => `${tool} ${rule}\n  real ${theirs}\n  ours ${mine}`)
    .join('\n');
}

/** Whether it can be listed by name: addresses would ask a resolver. */
const isNameless = ({ rule, tool }: Vector): boolean =>
  tool !== 'ebtables' && tool !== 'arptables' && !/\d\.\d|::|\bdead|connlabel/.test(rule);

const readVectors = (): readonly Vector[] =>
  readFileSync(VECTORS, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Vector);

const reason = missing();
const noVectors = existsSync(VECTORS) ? '' : ' (no vectors)';

const options = (tool: XtTool): readonly string[] => (tool === 'ebtables' ? [] : ['-n', '-v']);

describe.skipIf(reason !== undefined)(
  `lists of iptables and of sluice iptables${reason ? ` (${reason})` : ''}`,
  () => {
    beforeAll(() => {
      command('ip', ['netns', 'add', NETNS]);
    });
    afterAll(() => {
      command('ip', ['netns', 'del', NETNS]);
    });

    const compare = (vectors: readonly Vector[], of: typeof options): readonly Listed[] =>
      groupsOf(vectors).flatMap((group) => rowsOfBoth(group, of(group[0]!.tool)));

    test.skipIf(noVectors !== '')(`rules of the vectors, with numbers${noVectors}`, () => {
      const listed = compare(readVectors(), options);
      expect(wrongRows(listed)).toBe('');
      expect(listed.length).toBeGreaterThan(600);
    });

    test.skipIf(noVectors !== '')(`rules of the vectors, with names${noVectors}`, () => {
      const listed = compare(readVectors().filter(isNameless), () => ['-v']);
      expect(wrongRows(listed)).toBe('');
      expect(listed.length).toBeGreaterThan(400);
    });

    test.each([
      ['numbers', ['-n', '-v']],
      ['names', []],
      ['exact counters', ['-n', '-v', '-x', '--line-numbers']],
    ])('rules for every way of saying something, with %s', (_, flags) => {
      const listed = compare(LISTED, () => flags);
      expect(wrongRows(listed)).toBe('');
      expect(listed.length).toBeGreaterThan(LISTED.length * 0.9);
    });
  },
);
