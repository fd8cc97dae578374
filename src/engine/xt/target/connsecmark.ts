// xt_CONNSECMARK.c: a mark is only given to one that has none.

import type { Conntrack } from '../../../conntrack/index.ts';
import type { Packet } from '../../../core/index.ts';
import type { ConnsecmarkInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

const TABLES: readonly string[] = ['mangle', 'security'];

function save(ct: Conntrack, packet: Packet): void {
  if (packet.secmark !== 0 && ct.secmark(packet.ct) === 0) ct.setSecmark(packet.ct, packet.secmark);
}

function restore(ct: Conntrack, packet: Packet): void {
  if (packet.secmark === 0) packet.secmark = ct.secmark(packet.ct);
}

export const connsecmark = targetModule<ConnsecmarkInfo>({
  name: 'CONNSECMARK',
  placement: { families: ['ip', 'ip6'] },
  prepare({ mode }, { env: { conntrack: ct }, table }) {
    if (!TABLES.includes(table.name))
      refuse('EINVAL', `CONNSECMARK only works in tables mangle and security, not ${table.name}`);
    if (ct === null) return undefined;
    const copy = mode === 'save' ? save : restore;
    return {
      run({ packet }) {
        if (packet.ct !== 0) copy(ct, packet);
        return NFT_CONTINUE;
      },
    };
  },
});
