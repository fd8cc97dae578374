// The helpers a namespace has from the start.

import type { Conntrack } from '../conntrack/index.ts';
import type { Nat } from '../nat/index.ts';
import { ftpHelper } from './ftp.ts';
import { type AnyHelper, registerHelpers } from './helper.ts';

export const KERNEL_HELPERS: readonly AnyHelper[] = [ftpHelper()];

export const registerKernelHelpers = (ct: Conntrack, nat: Nat | null): void =>
  registerHelpers(ct, nat, KERNEL_HELPERS);
