// xt_NFQUEUE.c

import type { NfqueueInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { queueOf } from '../../expr/queue.ts';
import { NF_QUEUE } from '../../verdict.ts';
import { targetModule } from '../extension.ts';

const FLAGS = 3;
const CPU_FANOUT = 2;

export const nfqueue = targetModule<NfqueueInfo>({
  name: 'NFQUEUE',
  placement: { families: ['ip', 'ip6'] },
  prepare({ queuenum, queuesTotal, flags }, { env }) {
    if (queuesTotal === 0) refuse('EINVAL', 'NFQUEUE needs at least one queue');
    if (queuenum + queuesTotal - 1 > 0xffff) refuse('ERANGE', 'the last queue is above 65535');
    if ((flags & ~FLAGS) !== 0) refuse('EINVAL', `unknown queue flags ${flags}`);
    const seed = env.netns.random.u32();
    // There is one processor here, number 0, and it has the first queue.
    const hashed = queuesTotal > 1 && (flags & CPU_FANOUT) === 0;
    return {
      run(pkt) {
        pkt.queueNum = hashed ? queueOf(pkt, queuenum, queuesTotal, seed) : queuenum;
        pkt.queueFlags = flags;
        return NF_QUEUE;
      },
    };
  },
});
