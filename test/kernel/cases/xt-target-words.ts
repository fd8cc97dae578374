// How cases of targets are written: rules of one tool for each family, and what goes through them.

import type { Case, Step } from '../case.ts';
import { at, both, type Hosts, type L3, lan, wan } from './words.ts';
import { tool } from './xt-words.ts';

export const targets = (
  name: string,
  lines: (l3: L3, h: Hosts) => string,
  steps: (h: Hosts) => readonly Step[],
  more: Partial<Case> = {},
): Case[] =>
  both((l3, h) => ({
    name: `xt ${name}`,
    xtables: { [tool(l3)]: lines(l3, h) },
    steps: steps(h),
    ...more,
  }));

export const udp = (h: Hosts, more = '') =>
  lan(`udp ${at(h.client, 1000)} > ${at(h.server, 53)} data "query"${more}`);
export const answer = (h: Hosts) =>
  wan(`udp ${at(h.server, 53)} > ${at(h.client, 1000)} data "answer"`);
export const syn = (h: Hosts, options = 'mss 1460') =>
  lan(`tcp ${at(h.client, 40000)} > ${at(h.server, 80)} syn seq 1000 win 64240 ${options}`);
export const back = (h: Hosts, options = 'mss 1460') =>
  wan(
    `tcp ${at(h.server, 80)} > ${at(h.client, 40000)} syn,ack seq 5000 ack 1001 win 65160 ${options}`,
  );

/** Rules that only count, for these marks of the packet. */
export const counting = (...marks: readonly string[]): string =>
  marks.map((mark) => `-A FORWARD -m mark --mark ${mark}`).join('\n');
