// Reassembly in front of connection tracking: nf_defrag_ipv4.c and nf_defrag_ipv6_hooks.c.

import { u16 } from '../bytes/index.ts';
import type { HookFunction, HookName, Packet } from '../core/index.ts';
import {
  ACCEPT,
  DROP,
  IP_CT_UNTRACKED,
  NF_IP_PRI_CONNTRACK_DEFRAG,
  STOLEN,
} from '../core/index.ts';
import { IP_MF, IP_OFFSET } from './numbers.ts';
import { queue4 } from './reassemble4.ts';
import { queue6 } from './reassemble6.ts';
import { conntrackUser, type Reassemblies } from './reassembly.ts';
import type { Stack } from './stack.ts';

/** nf_ct_defrag_user(): bridges have queues of their own. */
const userOf = ({ bridge }: Packet, hook: HookName, zone: number): string =>
  conntrackUser(bridge?.stage === 'prerouting' ? 'bridge' : hook, zone);

/** ipv4_conntrack_defrag(). */
function defrag4(stack: Stack, all: Reassemblies): HookFunction {
  return (packet, point) => {
    if ((u16(packet.buf, packet.network + 6) & (IP_MF | IP_OFFSET)) === 0) return ACCEPT;
    const zone = stack.netns.conntrack?.defragZone(packet) ?? 0;
    if (zone < 0) return ACCEPT;
    if (packet.ctinfo === IP_CT_UNTRACKED && packet.ct === 0) return ACCEPT;
    if (!queue4(all, packet, userOf(packet, point.hook, zone))) return STOLEN;
    packet.ignoreDf = true;
    return ACCEPT;
  };
}

/** ipv6_defrag(). */
function defrag6(stack: Stack, all: Reassemblies): HookFunction {
  return (packet, point) => {
    const zone = stack.netns.conntrack?.defragZone(packet) ?? 0;
    if (zone < 0) return ACCEPT;
    if (packet.ctinfo === IP_CT_UNTRACKED && packet.ct === 0) return ACCEPT;
    const result = queue6(all, packet, userOf(packet, point.hook, zone));
    return result === 'whole' ? ACCEPT : result === 'kept' ? STOLEN : DROP;
  };
}

/** Registers the hooks of a family, where connection tracking wants whole packets; gives the undoing. */
export function registerDefrag(stack: Stack, all: Reassemblies, family: 'ip' | 'ip6'): () => void {
  const run = family === 'ip' ? defrag4(stack, all) : defrag6(stack, all);
  const entry = { priority: NF_IP_PRI_CONNTRACK_DEFRAG, name: 'defrag', kind: 'implicit' } as const;
  const undo = (['prerouting', 'output'] as const).map((hook) =>
    stack.netns.hooks.register(family, hook, { ...entry, run }),
  );
  return () => {
    for (const one of undo) one();
  };
}
