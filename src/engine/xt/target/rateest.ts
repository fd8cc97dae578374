// xt_RATEEST.c: counts for an estimator, which rules of one name share.

import type { RateestTargetInfo } from '../../../program/index.ts';
import { NFT_CONTINUE } from '../../verdict.ts';
import { estimatorFor, estimatorsOf, holding } from '../estimators.ts';
import { targetModule } from '../extension.ts';

export const rateest = targetModule<RateestTargetInfo>({
  name: 'RATEEST',
  placement: { families: ['ip', 'ip6'] },
  prepare(info, { env: { netns } }) {
    const estimators = estimatorsOf(netns);
    const estimator = estimatorFor(estimators, info, netns.clock);
    return {
      run(pkt) {
        estimator.count(pkt.length);
        return NFT_CONTINUE;
      },
      told: () =>
        `RATEEST: ${info.name} is at ${estimator.bps} bytes, ${estimator.pps} packets a second`,
      ...holding(estimators, [[info.name, estimator]]),
    };
  },
});
