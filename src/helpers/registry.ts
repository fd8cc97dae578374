// The helpers a namespace has from the start.

import type { Conntrack } from '../conntrack/index.ts';
import type { Nat } from '../nat/index.ts';
import { amandaHelper } from './amanda.ts';
import { ftpHelper } from './ftp.ts';
import { type AnyHelper, registerHelpers } from './helper.ts';
import { ircHelper } from './irc.ts';
import { pptpHelper } from './pptp.ts';
import { saneHelper } from './sane.ts';
import { sipHelper } from './sip.ts';
import { tftpHelper } from './tftp.ts';

export const KERNEL_HELPERS: readonly AnyHelper[] = [
  ftpHelper(),
  tftpHelper(),
  ircHelper(),
  amandaHelper(),
  saneHelper(),
  sipHelper(),
  pptpHelper(),
];

export const registerKernelHelpers = (ct: Conntrack, nat: Nat | null): void =>
  registerHelpers(ct, nat, KERNEL_HELPERS);
