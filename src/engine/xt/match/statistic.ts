// xt_statistic.c

import type { StatisticInfo } from '../../../program/index.ts';
import type { Env } from '../../op.ts';
import { matchModule, type XtMatch } from '../extension.ts';

class Statistic implements XtMatch {
  readonly #info: StatisticInfo;
  readonly #env: Env;
  #count: number;

  constructor(info: StatisticInfo, env: Env) {
    this.#info = info;
    this.#env = env;
    this.#count = info.count;
  }

  #isChosen(): boolean {
    const { mode, probability, every } = this.#info;
    if (mode === 'random') return (this.#env.netns.random.u32() & 0x7fffffff) < probability;
    this.#count = this.#count === every ? 0 : this.#count + 1;
    return this.#count === 0;
  }

  matches(): boolean {
    return this.#isChosen() !== this.#info.invert;
  }

  why(): string {
    return this.#info.mode === 'random'
      ? 'chance was against it'
      : `packet ${this.#count} of the round`;
  }
}

export const statistic = matchModule<StatisticInfo>({
  name: 'statistic',
  placement: { families: ['ip', 'ip6', 'inet', 'bridge'] },
  prepare: (info, cx) => new Statistic(info, cx.env),
});
