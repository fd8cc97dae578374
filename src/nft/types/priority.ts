// The names of hook priorities: include/uapi/linux/netfilter_ipv4.h (NF_IP_PRI_*) for the IP
// families, include/uapi/linux/netfilter_bridge.h (NF_BR_PRI_*) for bridge.

const INET = new Map<string, number>([
  ['raw', -300],
  ['mangle', -150],
  ['dstnat', -100],
  ['filter', 0],
  ['security', 50],
  ['srcnat', 100],
]);
const BRIDGE = new Map<string, number>([
  ['dstnat', -300],
  ['filter', -200],
  ['out', 100],
  ['srcnat', 300],
]);
const FILTER_ONLY = new Map<string, number>([['filter', 0]]);

/** Names that only make sense at some hooks. */
const HOOKS: Readonly<Record<string, readonly string[]>> = {
  dstnat: ['prerouting', 'output'],
  srcnat: ['postrouting'],
};
const BRIDGE_HOOKS: Readonly<Record<string, readonly string[]>> = {
  ...HOOKS,
  out: ['output'],
};

/** The names of a family, whatever the hook: what a listing may print. */
export function priorityNames(family: string): ReadonlyMap<string, number> {
  if (family === 'bridge') return BRIDGE;
  return family === 'arp' || family === 'netdev' ? FILTER_ONLY : INET;
}

/** The number a name stands for, or undefined where the family or the hook does not have it. */
export function priorityByName(name: string, family: string, hook: string): number | undefined {
  const hooks = (family === 'bridge' ? BRIDGE_HOOKS : HOOKS)[name];
  if (hooks !== undefined && !hooks.includes(hook)) return undefined;
  return priorityNames(family).get(name);
}
