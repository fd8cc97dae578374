// What runs base chains. The interpreter is one; whoever compiles chains to something faster
// implements the same and passes the same tests.

import type { PktInfo } from './pktinfo.ts';
import type { Chain } from './state/chain.ts';

export interface Executor {
  /** A chain's rules changed: what was made of them is void. */
  invalidate(chain: Chain): void;
  /** Runs a base chain and answers NF_ACCEPT, NF_DROP, NF_STOLEN or NF_QUEUE. */
  run(base: Chain, pkt: PktInfo): number;
}
