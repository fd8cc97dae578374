// Every suite there is a format for.

import { captures } from './captures.ts';
import { conntrackCli } from './conntrack-cli.ts';
import { dockerRulesets } from './docker.ts';
import { googleNftables } from './google-nftables.ts';
import { iptablesT } from './iptables-t.ts';
import { iptablesTxlate } from './iptables-txlate.ts';
import { nftPy } from './nft-py.ts';
import { nftBogons, nftDumps } from './nft-rulesets.ts';
import { ovsConntrack } from './ovs-conntrack.ts';
import { packetdrillConntrack } from './packetdrill.ts';
import type { Suite } from './suite.ts';

export type { Suite } from './suite.ts';
export { caseKey, isPresent, type Miss, type Score, type Tally, tally } from './tally.ts';

export const SUITES: readonly Suite[] = [
  nftPy,
  nftDumps,
  nftBogons,
  dockerRulesets,
  packetdrillConntrack,
  conntrackCli,
  googleNftables,
  iptablesT,
  captures,
  iptablesTxlate,
  ovsConntrack,
];
