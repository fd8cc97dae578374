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

export const registerKernelHelpers = (ct: Conntrack, nat: Nat | null): void =>
  registerHelpers(ct, nat, KERNEL_HELPERS);
