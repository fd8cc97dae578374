// xt_rateest.c: what estimators say, compared.

import type { Netns } from '../../../core/index.ts';
import type { RateestInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import { type Estimator, estimatorsOf, holding } from '../estimators.ts';
import { matchModule } from '../extension.ts';

function estimatorNamed(netns: Netns, name: string): Estimator {
  const known = estimatorsOf(netns).get(name);
  return known ?? refuse('ENOENT', `there is no rate estimator '${name}'`);
}

const left = (limit: number, rate: number): number => Math.max(0, limit - rate);

const COMPARE = {
  lt: (a: number, b: number) => a < b,
  gt: (a: number, b: number) => a > b,
  eq: (a: number, b: number) => a === b,
} as const;

export const rateest = matchModule<RateestInfo>({
  name: 'rateest',
  placement: { families: ['ip', 'ip6'] },
  prepare(info, { env: { netns } }) {
    const first = estimatorNamed(netns, info.first);
    const second = info.second === undefined ? null : estimatorNamed(netns, info.second);
    const compare = COMPARE[info.mode];
    const own = (limit: number, rate: number): number => (info.delta ? left(limit, rate) : rate);
    const other = (limit: number, rate: number | undefined): number =>
      rate === undefined ? limit : own(limit, rate);
    const held = [[info.first, first] as const];
    if (second !== null) held.push([info.second!, second]);
    return {
      ...holding(estimatorsOf(netns), held),
      matches() {
        const bytes =
          !info.bps || compare(own(info.bps1, first.bps), other(info.bps2, second?.bps));
        const packets =
          !info.pps || compare(own(info.pps1, first.pps), other(info.pps2, second?.pps));
        return (bytes && packets) !== info.invert;
      },
      why: () => `${info.first}: ${first.bps} bytes, ${first.pps} packets a second`,
    };
  },
});
