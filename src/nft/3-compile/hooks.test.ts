// Statements by hook, as the kernel takes and refuses them: run on Linux 6.18 with nft.

import { expect, test } from 'vitest';
import { complaint } from './test-support.ts';

const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;

/** Hooks at which a base chain of the type takes the statement. */
function taken(statement: string, type: string, family = 'ip'): string[] {
  return HOOKS.filter((hook) => {
    const chain = `chain c { type ${type} hook ${hook} priority 0; ${statement}\n }`;
    return complaint(`table ${family} t { ${chain} }`) === undefined;
  });
}

test.each<{ statement: string; type: string; hooks: string; family?: string }>([
  { statement: 'masquerade', type: 'nat', hooks: 'postrouting' },
  { statement: 'snat to 10.0.0.1', type: 'nat', hooks: 'input postrouting' },
  { statement: 'dnat to 10.0.0.1', type: 'nat', hooks: 'prerouting output' },
  { statement: 'redirect', type: 'nat', hooks: 'prerouting output' },
  { statement: 'masquerade', type: 'filter', hooks: '' },
  { statement: 'reject', type: 'filter', hooks: 'prerouting input forward output' },
  { statement: 'notrack', type: 'filter', hooks: HOOKS.join(' ') },
  { statement: 'meta l4proto tcp tproxy to :1', type: 'filter', hooks: 'prerouting' },
  { statement: 'synproxy', type: 'filter', hooks: 'input forward' },
  { statement: 'socket mark 1', type: 'filter', hooks: 'prerouting input output' },
  { statement: 'rt mtu 1', type: 'filter', hooks: 'forward output postrouting' },
  { statement: 'fib saddr oif 1', type: 'filter', hooks: 'prerouting input forward' },
  { statement: 'fib daddr . oif type local', type: 'filter', hooks: 'forward output postrouting' },
  { statement: 'osf name "Linux"', type: 'filter', hooks: 'prerouting input forward' },
  { statement: 'ipsec in reqid 1', type: 'filter', hooks: 'prerouting input forward' },
  { statement: 'ipsec out reqid 1', type: 'filter', hooks: 'forward output postrouting' },
  { statement: 'meta pkttype set host', type: 'filter', hooks: 'prerouting' },
  { statement: 'reject', type: 'filter', family: 'bridge', hooks: 'prerouting input' },
])('$statement in a $type chain is taken at: $hooks', ({ statement, type, family, hooks }) => {
  expect(taken(statement, type, family).join(' ')).toBe(hooks);
});

test('a regular chain takes it anywhere, for where it is called from is not known yet', () => {
  expect(complaint('table ip t { chain c { masquerade\n } }')).toBeUndefined();
});
