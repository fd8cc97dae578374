// Accounting objects and the rules that count into them (nfnetlink_acct.c, xt_nfacct.c).

import type { Case } from '../case.ts';
import { at, bothAll, lan, wan } from './words.ts';
import { tool } from './xt-words.ts';

const OBJECTS = `
  { pkts = 0, bytes = 0 } = plain;
  { pkts = 7, bytes = 18446744073709551600 } = begun;
  { pkts = 0, bytes = 0, quota = 2, mode = packet } = twice;
  { pkts = 5, bytes = 0, quota = 2, mode = packet } = past;
  { pkts = 0, bytes = 0, quota = 0, mode = byte } = none;
  { pkts = 0, bytes = 0, quota = 66, mode = byte } = edge;
  { pkts = 0, bytes = 0, quota = 18446744073709551615, mode = byte } = vast;
  { pkts = 0, bytes = 0, quota = 1, mode = packet } = unused;`;

const COUNTING = ['plain', 'begun', 'twice', 'past', 'none', 'edge', 'vast'];

/** 28 bytes of headers with IPv4 and 5 of data: the second packet comes to the byte the quota has. */
const accounting = bothAll((l3, h) => {
  const udp = lan(`udp ${at(h.client, 1000)} > ${at(h.server, 53)} data "query"`);
  const nfacct = (name: string, more = ''): string =>
    `-A FORWARD -m nfacct --nfacct-name ${name}${more}`;
  return [
    {
      name: 'xt: nfacct, without quotas, below, at and above them',
      xtables: { nfacct: OBJECTS, [tool(l3)]: COUNTING.map((name) => nfacct(name)).join('\n') },
      steps: [udp, udp, udp],
    },
    {
      name: 'xt: nfacct, one object of several tables, and what comes before it in a rule',
      xtables: {
        nfacct: OBJECTS,
        [tool(l3)]: `
          -t raw -A PREROUTING -m nfacct --nfacct-name plain
          -t mangle -A POSTROUTING -p udp -m nfacct --nfacct-name plain -j MARK --set-mark 1
          -A FORWARD -p tcp -m nfacct --nfacct-name past -j DROP
          -A FORWARD -p udp -m nfacct --nfacct-name twice -m nfacct --nfacct-name edge -j DROP`,
      },
      steps: [udp, udp, udp, wan(`udp ${at(h.server, 53)} > ${at(h.client, 1000)} data "a"`), udp],
    },
    {
      name: 'xt: nfacct, what is used is kept, what is reset begins again',
      xtables: { nfacct: OBJECTS, [tool(l3)]: `${nfacct('none')}\n${nfacct('twice', ' -j DROP')}` },
      steps: [
        { run: 'nfacct delete twice', refused: true },
        { run: `${tool(l3)} -D FORWARD 1` },
        { run: 'nfacct delete none' },
        { run: 'nfacct delete unused' },
        { run: 'nfacct delete unused', refused: true },
        { run: `${tool(l3)} ${nfacct('unused')}`, refused: true },
        udp,
        udp,
        udp,
        { run: 'nfacct get twice reset' },
        udp,
      ],
    },
  ];
});

export const xtAccounting: readonly Case[] = accounting;
