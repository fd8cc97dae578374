// What cases of xtables' matches are made of.

import type { L3 } from './words.ts';

export const tool = (l3: L3): 'iptables' | 'ip6tables' => (l3 === 'ip' ? 'iptables' : 'ip6tables');

/** Rules that only count, where every packet from the LAN passes before anything is known of it. */
export const counting = (rules: readonly string[], chain = '-t raw -A PREROUTING'): string =>
  rules.map((rule) => `${chain} ${rule}`).join('\n');
