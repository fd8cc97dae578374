// xt_SECMARK.c. Contexts have no meaning here, only their numbers do: each gets one as it is first named.

import type { Netns } from '../../../core/index.ts';
import type { SecmarkInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

const TABLES: readonly string[] = ['mangle', 'security'];
const contexts = new WeakMap<Netns, Map<string, number>>();

function secidOf(netns: Netns, context: string): number {
  const known = contexts.get(netns) ?? new Map<string, number>();
  contexts.set(netns, known);
  const secid = known.get(context) ?? known.size + 1;
  known.set(context, secid);
  return secid;
}

export const secmark = targetModule<SecmarkInfo>({
  name: 'SECMARK',
  placement: { families: ['ip', 'ip6'] },
  prepare({ secctx }, { env: { netns }, table }) {
    if (!TABLES.includes(table.name))
      refuse('EINVAL', `SECMARK only works in tables mangle and security, not ${table.name}`);
    const secid = secidOf(netns, secctx);
    return {
      run: ({ packet }) => {
        packet.secmark = secid;
        return NFT_CONTINUE;
      },
      told: () => `SECMARK: ${secctx}`,
    };
  },
});
