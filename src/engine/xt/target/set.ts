// xt_set.c: the target.

import type { HookName, SetTargetInfo, XtSet } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { ipSetsOf, NO_TIMEOUT, SetFlag, type SetOptions } from '../../ipset/index.ts';
import type { Prepare } from '../../op.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';
import { type HeldSet, holding, setNamed } from '../named-set.ts';

/** Priorities and queues are chosen where the packet leaves. */
const LEAVING: readonly HookName[] = ['forward', 'output', 'postrouting'];

function checkMap({ mapSet, map }: SetTargetInfo, { table }: Prepare): void {
  if (mapSet === undefined) return;
  if (table.name !== 'mangle') refuse('EINVAL', 'SET --map-set only works in table mangle');
  if (map.length === 0) refuse('EINVAL', 'SET --map-set maps nothing');
}

function give({ packet }: PktInfo, options: SetOptions, map: SetTargetInfo['map']): void {
  if (map.includes('mark'))
    packet.mark = ((packet.mark & ~options.skbmarkmask) ^ options.skbmark) >>> 0;
  if (map.includes('prio')) packet.priority = options.skbprio;
}

export const set = targetModule<SetTargetInfo>({
  name: 'SET',
  placement: { families: ['ip', 'ip6'] },
  prepare(info, cx) {
    checkMap(info, cx);
    const sets = ipSetsOf(cx.env.netns);
    const held = (one: XtSet | undefined): HeldSet | null => (one ? setNamed(one, cx) : null);
    const [add, del, map] = [held(info.addSet), held(info.delSet), held(info.mapSet)];
    if (add !== null) {
      add.options.timeout = info.timeout ?? NO_TIMEOUT;
      if (info.exist) add.options.cmdflags |= SetFlag.exist;
    }
    const leaves = map !== null && info.map.some((what) => what !== 'mark');
    return {
      ...(leaves ? { hooks: LEAVING } : {}),
      run(pkt) {
        if (add !== null) sets.add(add.index, pkt, add.options);
        if (del !== null) sets.del(del.index, pkt, del.options);
        if (map !== null && sets.test(map.index, pkt, map.options))
          give(pkt, map.options, info.map);
        return NFT_CONTINUE;
      },
      ...holding(
        sets,
        [add, del, map].filter((one) => one !== null),
      ),
    };
  },
});
