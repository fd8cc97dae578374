import type { Chain } from './state/chain.ts';

/** NFT_JUMP_STACK_SIZE; commits refuse rulesets that could exceed it. */
export const JUMP_STACK_SIZE = 16;

/** Where a walk goes on after a return. */
export class JumpStack {
  readonly chains: (Chain | null)[] = new Array<Chain | null>(JUMP_STACK_SIZE).fill(null);
  readonly places = new Int32Array(JUMP_STACK_SIZE);
  depth = 0;
}
