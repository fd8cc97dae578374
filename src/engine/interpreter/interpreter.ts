// The executor that interprets.

import type { Netns } from '../../core/index.ts';
import type { Executor } from '../executor.ts';
import type { PktInfo } from '../pktinfo.ts';
import type { Chain } from '../state/chain.ts';
import { doChain } from './run.ts';
import { doChainTraced } from './traced.ts';

export class Interpreter implements Executor {
  readonly #netns: Netns;

  constructor(netns: Netns) {
    this.#netns = netns;
  }

  invalidate(chain: Chain): void {
    chain.image = null;
  }

  run(base: Chain, pkt: PktInfo): number {
    return this.#netns.tracer === null ? doChain(base, pkt) : doChainTraced(base, pkt, this.#netns);
  }
}
