// The helpers a namespace has from the start.

import type { Conntrack } from '../conntrack/index.ts';
import type { Nat } from '../nat/index.ts';
import { amandaHelper } from './amanda.ts';
import { netbiosHelper, snmpHelper, snmpTrapHelper } from './broadcast.ts';
import { ftpHelper } from './ftp.ts';
import { h245Helper, q931Helper, rasHelper } from './h323/helpers.ts';
import { type AnyHelper, registerHelpers } from './helper.ts';
import { ircHelper } from './irc.ts';
import { pptpHelper } from './pptp.ts';
import { rtspHelper } from './rtsp.ts';
import { saneHelper } from './sane.ts';
import { sipHelper } from './sip.ts';
import { tftpHelper } from './tftp.ts';

/** Those of the kernel, with its parameters' defaults, and RTSP. */
export const KERNEL_HELPERS: readonly AnyHelper[] = [
  ftpHelper(),
  tftpHelper(),
  ircHelper(),
  amandaHelper(),
  saneHelper(),
  sipHelper(),
  pptpHelper(),
  rasHelper(),
  q931Helper(),
  h245Helper(),
  netbiosHelper(),
  snmpHelper(),
  snmpTrapHelper(),
  rtspHelper(),
];

const replaces = (one: AnyHelper, other: AnyHelper): boolean =>
  one.name === other.name && one.protocols.some((protocol) => other.protocols.includes(protocol));

/**
 * The kernel's helpers, and a firewall's own. One of a name and protocol that the kernel has takes its place,
 * as with other parameters: `[sipHelper({ directMedia: false })]`.
 */
export function registerKernelHelpers(
  ct: Conntrack,
  nat: Nat | null,
  own: readonly AnyHelper[] = [],
): void {
  const kept = KERNEL_HELPERS.filter((helper) => !own.some((one) => replaces(one, helper)));
  registerHelpers(ct, nat, [...kept, ...own]);
}
