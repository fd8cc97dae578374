// Where an expression may stand (nft_expr_ops.validate).

import type { ChainType, HookName } from '../../program/index.ts';
import { refuse } from '../errno.ts';
import type { Chain } from '../state/chain.ts';

/** nft_chain_validate_hooks() */
export function requireHooks(base: Chain, hooks: readonly HookName[], what: string): void {
  const hook = base.base?.hook;
  if (hook !== undefined && !hooks.includes(hook))
    refuse('EOPNOTSUPP', `${what} is not for hook ${hook}, only for ${hooks.join(', ')}`);
}

/** nft_chain_validate_dependency() */
export function requireType(base: Chain, type: ChainType, what: string): void {
  if (base.base !== undefined && base.base.type !== type)
    refuse(
      'EOPNOTSUPP',
      `${what} needs a chain of type ${type}, ${base.name} is ${base.base.type}`,
    );
}
