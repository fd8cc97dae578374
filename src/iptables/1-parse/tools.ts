// The options of the four commands themselves (original_opts of libxtables' programs). What
// extensions add stands in their own files.

import type { CommandName, Flag } from '../ast/index.ts';
import type { XtFamily } from '../extension/index.ts';

/** What an option does: a command, a flag, or a part of a rule called `id`. */
export interface PlainSpec {
  readonly id: string;
  readonly names: readonly string[];
  readonly short?: string;
  /** Words behind it; `maybe` counts those that may follow if they do not look like options. */
  readonly words: number;
  readonly maybe?: number;
  readonly negatable?: boolean;
  readonly command?: CommandName;
  readonly flag?: Flag;
  readonly about?: string;
}

const command = (
  id: CommandName,
  short: string,
  names: readonly string[],
  words: number,
  maybe = 0,
): PlainSpec => ({ id, command: id, names, short, words, maybe });

const flag = (id: Flag, names: readonly string[], short?: string, maybe = 0): PlainSpec => ({
  id,
  flag: id,
  names,
  ...(short === undefined ? {} : { short }),
  words: 0,
  maybe,
});

const part = (
  id: string,
  short: string | undefined,
  names: readonly string[],
  words: number,
  negatable = false,
): PlainSpec => ({ id, names, ...(short === undefined ? {} : { short }), words, negatable });

const COMMON: readonly PlainSpec[] = [
  command('append', 'A', ['append'], 1),
  command('insert', 'I', ['insert'], 1, 1),
  command('delete', 'D', ['delete'], 1, 1),
  command('list', 'L', ['list'], 0, 2),
  command('flush', 'F', ['flush'], 0, 1),
  command('zero', 'Z', ['zero'], 0, 2),
  command('new-chain', 'N', ['new-chain'], 1),
  command('delete-chain', 'X', ['delete-chain'], 0, 1),
  command('rename-chain', 'E', ['rename-chain'], 2),
  command('policy', 'P', ['policy'], 2),
  command('version', 'V', ['version'], 0),
  command('help', 'h', ['help'], 0, 1),
  part('table', 't', ['table'], 1),
  part('modprobe', 'M', ['modprobe'], 1),
  part('jump', 'j', ['jump'], 1),
  flag('verbose', ['verbose'], 'v'),
];

const XTABLES: readonly PlainSpec[] = [
  ...COMMON,
  command('check', 'C', ['check'], 1),
  command('replace', 'R', ['replace'], 2),
  command('list-rules', 'S', ['list-rules'], 0, 2),
  part('match', 'm', ['match'], 1),
  part('goto', 'g', ['goto'], 1),
  part('set-counters', 'c', ['set-counters'], 2),
  part('in-interface', 'i', ['in-interface', 'in-if'], 1, true),
  part('out-interface', 'o', ['out-interface', 'out-if'], 1, true),
  flag('numeric', ['numeric'], 'n'),
  flag('exact', ['exact'], 'x'),
  flag('line-numbers', ['line-numbers']),
  flag('wait', ['wait'], 'w', 1),
  flag('wait-interval', ['wait-interval'], 'W', 1),
  part('ipv4', '4', ['ipv4'], 0),
  part('ipv6', '6', ['ipv6'], 0),
];

const ADDRESSES: readonly PlainSpec[] = [
  part('source', 's', ['source', 'src'], 1, true),
  part('destination', 'd', ['destination', 'dst'], 1, true),
  part('protocol', 'p', ['protocol'], 1, true),
];

const IP6: readonly PlainSpec[] = [...XTABLES, ...ADDRESSES];
const IP: readonly PlainSpec[] = [...IP6, part('fragment', 'f', ['fragments'], 0, true)];

const ARP: readonly PlainSpec[] = [
  ...XTABLES,
  part('source', 's', ['source-ip', 'src-ip'], 1, true),
  part('destination', 'd', ['destination-ip', 'dst-ip'], 1, true),
  part('source-mac', undefined, ['source-mac', 'src-mac'], 1, true),
  part('destination-mac', undefined, ['destination-mac', 'dst-mac'], 1, true),
  part('h-length', 'l', ['h-length'], 1, true),
  part('opcode', undefined, ['opcode'], 1, true),
  part('h-type', undefined, ['h-type'], 1, true),
  part('proto-type', undefined, ['proto-type'], 1, true),
  part('ignored', 'p', [], 1, true),
];

const BRIDGE: readonly PlainSpec[] = [
  ...COMMON,
  command('change-counters', 'C', ['change-counters'], 1, 3),
  { id: 'check', command: 'check', names: ['check'], words: 1 },
  command('init-table', 'init-table', ['init-table'], 0),
  part('set-counters', 'c', ['set-counters'], 2),
  part('in-interface', 'i', ['in-interface', 'in-if'], 1, true),
  part('out-interface', 'o', ['out-interface', 'out-if'], 1, true),
  part('logical-in', undefined, ['logical-in'], 1, true),
  part('logical-out', undefined, ['logical-out'], 1, true),
  part('protocol', 'p', ['protocol'], 1, true),
  part('source', 's', ['source', 'src'], 1, true),
  part('destination', 'd', ['destination', 'dst'], 1, true),
  flag('Lc', ['Lc']),
  flag('Ln', ['Ln']),
  flag('Lx', ['Lx']),
  flag('Lmac2', ['Lmac2']),
  flag('concurrent', ['concurrent']),
];

export const PLAIN: Readonly<Record<XtFamily, readonly PlainSpec[]>> = {
  ip: IP,
  ip6: IP6,
  arp: ARP,
  bridge: BRIDGE,
};

/** What a person calls the command of a family. */
export const TOOL: Readonly<Record<XtFamily, string>> = {
  ip: 'iptables',
  ip6: 'ip6tables',
  arp: 'arptables',
  bridge: 'ebtables',
};

export interface PlainIndex {
  readonly long: ReadonlyMap<string, PlainSpec>;
  readonly short: ReadonlyMap<string, PlainSpec>;
}

const index = (specs: readonly PlainSpec[]): PlainIndex => ({
  long: new Map(specs.flatMap((spec) => spec.names.map((name) => [name, spec] as const))),
  short: new Map(
    specs.flatMap((spec) => (spec.short === undefined ? [] : [[spec.short, spec] as const])),
  ),
});

export const PLAIN_INDEX: Readonly<Record<XtFamily, PlainIndex>> = {
  ip: index(PLAIN.ip),
  ip6: index(PLAIN.ip6),
  arp: index(PLAIN.arp),
  bridge: index(PLAIN.bridge),
};
