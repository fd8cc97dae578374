// Commands that stand for programs of other projects: their words are theirs, and scripts call them
// often, so nothing is loaded for them but what they need.

import type { Host } from './host.ts';

type DropIn = (words: readonly string[], host: Host) => Promise<number>;

const xtables =
  (name: string): DropIn =>
  async (words, host) =>
    (await import('./commands/xt.ts')).xtables(name, words, host);

const XT_NAMES = [
  ...['iptables', 'ip6tables', 'arptables', 'ebtables'].flatMap((tool) => [
    tool,
    `${tool}-save`,
    `${tool}-restore`,
    `${tool}-translate`,
  ]),
  'iptables-restore-translate',
  'ip6tables-restore-translate',
];

export const DROP_INS: ReadonlyMap<string, DropIn> = new Map<string, DropIn>([
  ['nft', async (words, host) => (await import('./commands/nft.ts')).nft(words, host)],
  ['ipset', async (words, host) => (await import('./commands/ipset.ts')).ipset(words, host)],
  [
    'conntrack',
    async (words, host) => (await import('./commands/conntrack.ts')).conntrack(words, host),
  ],
  ['nfct', async (words, host) => (await import('./commands/nfct.ts')).nfct(words, host)],
  ['nfacct', async (words, host) => (await import('./commands/nfacct.ts')).nfacct(words, host)],
  ...XT_NAMES.map((name): [string, DropIn] => [name, xtables(name)]),
]);

export const DROP_IN_NAMES: readonly string[] = [...DROP_INS.keys()];
