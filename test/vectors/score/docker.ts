// Docker's rulesets: what it writes for one bridge as nftables and as iptables. Each comes back as
// it is, and the two of one key treat generated traffic alike.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { saveRuleset } from '../../../src/iptables/index.ts';
import {
  type CompareInput,
  compareRulesets,
  type Loaded,
  loadRuleset,
} from '../../../src/lab/index.ts';
import { listRuleset } from '../../../src/nft/index.ts';
import type { StackConfig } from '../../../src/stack/index.ts';
import { filesUnder, firstDifference } from './files.ts';
import { attempt, type Suite } from './suite.ts';

/** Conversations for each pair: enough to meet every rule of some thirty. */
const TRIES = 150;

/** What the files speak of: Docker's bridge, and a host with another interface. */
const NETWORK: StackConfig = {
  interfaces: [
    {
      name: 'br-dummy',
      mac: '02:00:00:00:00:01',
      addresses: ['192.168.0.1/24', 'fd49:efd7:54aa::ff/64'],
    },
    { name: 'eth0', mac: '02:00:00:00:00:02', addresses: ['203.0.113.2/24', '2001:db8:7::2/64'] },
    {
      name: 'loopback0',
      mac: '02:00:00:00:00:03',
      addresses: ['198.51.100.2/24', '2001:db8:8::2/64'],
    },
  ],
  routes: [
    { to: 'default', via: '203.0.113.1', device: 'eth0' },
    { to: '::/0', via: '2001:db8:7::1', device: 'eth0' },
  ],
};

function load(path: string, name = basename(path)): Loaded {
  const loaded = loadRuleset([{ name, text: readFileSync(path, 'utf8') }]);
  const [problem] = loaded.problems;
  if (problem !== undefined) throw new Error(`not accepted: ${problem.text}`);
  return loaded;
}

/** A host with Docker tracks connections, whatever one bridge's rules ask. */
const TRACKED = loadRuleset([
  {
    name: 'host.nft',
    text: 'table inet host {\n chain c {\n type filter hook prerouting priority 10\n ct state invalid\n }\n}\n',
  },
]);

/** Packets are made for the rules of `program`, so that of some hooks none are made for others. */
const inputOf = ({ batch, program }: Loaded, hooks: (hook: string) => boolean): CompareInput => ({
  batches: [TRACKED.batch, batch],
  program: {
    tables: program.tables.map((table) => ({
      ...table,
      chains: table.chains.filter(({ base }) => base === undefined || hooks(base.hook)),
    })),
  },
});

/** Of the host itself, with an address of the bridge's net. */
const FROM_THE_BRIDGE =
  /(?:192\.168\.0\.\d+|\[?fd49:efd7:54aa:[0-9a-f:]*\]?)(?::\d+)? > .*, local$/;

/**
 * iptables translates whatever has a source of the bridge's net; nft asks for the interface it came
 * in by, too. So what the host itself sends from an address there is translated by iptables alone.
 */
const isExplained = (packets: readonly string[]): boolean =>
  packets.some((one) => FROM_THE_BRIDGE.test(one));

/** A search ends at the first difference: one that is explained must not hide another. */
const SEEDS = [1, 2, 3];

function unexplained(native: Loaded, xtables: Loaded, hooks: (hook: string) => boolean) {
  let reached = 0;
  for (const seed of SEEDS) {
    const options = { tries: TRIES, network: NETWORK, seed };
    const found = compareRulesets(inputOf(xtables, hooks), inputOf(native, hooks), options);
    reached += found.first.reached;
    const { difference } = found;
    if (difference === undefined || !isExplained(difference.packets))
      return { difference, reached };
  }
  return { difference: undefined, reached };
}

function verdicts(native: string, xtables: string): string | undefined {
  const both = [load(native), load(xtables)] as const;
  const forwarded = unexplained(...both, (hook) => hook !== 'output');
  const difference = forwarded.difference ?? unexplained(...both, () => true).difference;
  if (difference === undefined)
    return forwarded.reached === 0 ? 'no packet reached a rule' : undefined;
  const { aspect, packets, decisions } = difference;
  return `${aspect} after ${packets.join(' | ')}\n     iptables ${decisions[0]}\n     nft      ${decisions[1]}`;
}

const isV6 = (path: string): boolean => path.includes('ip6');

export const dockerRulesets: Suite = {
  name: 'docker-rulesets',
  checks: ['listing', 'save', 'verdicts'],
  reads: 'docker-rulesets',
  run(dir, report) {
    const root = join(dir, this.reads);
    for (const path of filesUnder(join(root, 'nft'), '')) {
      const id = basename(path);
      attempt(report, 'listing', id, () =>
        firstDifference(readFileSync(path, 'utf8'), listRuleset(load(path).program)),
      );
      const [key = ''] = id.split('__');
      const pair = join(root, 'iptables', `${key}__${isV6(id) ? 'ip6tables' : 'iptables'}.golden`);
      if (existsSync(pair)) attempt(report, 'verdicts', id, () => verdicts(path, pair));
      else report.fail('verdicts', id, `there is no ${basename(pair)}`);
    }
    for (const path of filesUnder(join(root, 'iptables'), ''))
      attempt(report, 'save', basename(path), () => {
        const family = isV6(path) ? 'ip6' : 'ip';
        const saved = saveRuleset(load(path).program, family, { counters: false });
        return firstDifference(inOrder(readFileSync(path, 'utf8')), inOrder(saved));
      });
  },
};

/** Tables in the order of their names: Docker writes them in an order of its own. */
const inOrder = (text: string): string =>
  text
    .split(/(?<=^COMMIT\n)/m)
    .sort()
    .join('');
