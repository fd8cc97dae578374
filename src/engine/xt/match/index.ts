// Matches, one per line in the order of their names.
import type { MatchModule } from '../extension.ts';
import { ebt8023 } from './ebt-802_3.ts';
import { ebtAmong } from './ebt-among.ts';
import { ebtArp } from './ebt-arp.ts';
import { ebtIp, ebtIp6 } from './ebt-ip.ts';
import { ebtMarkMatch } from './ebt-mark.ts';
import { ebtPkttype } from './ebt-pkttype.ts';
import { ebtStp } from './ebt-stp.ts';
import { ebtVlan } from './ebt-vlan.ts';
import { length } from './length.ts';

export const MATCH_MODULES: readonly MatchModule[] = [
  ebt8023,
  ebtAmong,
  ebtArp,
  ebtIp,
  ebtIp6,
  ebtMarkMatch,
  ebtPkttype,
  ebtStp,
  ebtVlan,
  length,
];
