// RATEEST: counts packets for a rate that the match of the same name compares (libxt_RATEEST.c).

import type { RateestTargetInfo } from '../../program/index.ts';
import {
  cut,
  extension,
  type Given,
  IP_FAMILIES,
  type ValueParser,
  wrong,
} from '../extension/index.ts';

const SECOND = 1_000_000;
/** IFNAMSIZ without its end. */
const NAME = 15;
const UNITS: Readonly<Record<string, number>> = { s: SECOND, ms: 1000, us: 1, '': 1 };
/** The longest interval is 250 ms * 2^5. */
const INTERVALS = 5;
const QUARTER = SECOND / 4;
const EWMA_MAX = 31;

/** Microseconds; a number without unit is some already. */
const time: ValueParser = ([word = '']) => {
  const [, digits = '', unit = ''] = /^([0-9]+(?:\.[0-9]+)?)(s|ms|us|)$/i.exec(word) ?? [];
  return digits === '' ? wrong(`bad time "${word}"`) : Number(digits) * UNITS[unit.toLowerCase()]!;
};

function intervalOf(us: number): number {
  for (let n = 0; n <= INTERVALS; n++) if (us <= QUARTER << n) return n - 2;
  return wrong('the interval is longer than 8 seconds');
}

/** The weight 2^-n by which an average over `us` microseconds forgets. */
function ewmaLogOf(interval: number, us: number): number {
  let n = 1;
  while (n < EWMA_MAX && interval / -Math.log(1 - 2 ** -n) <= us) n++;
  return n === 1 || n >= EWMA_MAX ? wrong('no average over such a time') : n - 1;
}

function build(given: Given): RateestTargetInfo {
  const interval = given.value<number>('rateest-interval') ?? 0;
  return {
    name: given.value<string>('rateest-name') ?? '',
    interval: intervalOf(interval),
    ewmaLog: ewmaLogOf(interval, given.value<number>('rateest-ewmalog') ?? 0),
  };
}

function timeText(us: number): string {
  if (us >= SECOND) return `${(us / SECOND).toFixed(1)}s`;
  return us >= 1000 ? `${(us / 1000).toFixed(1)}ms` : `${us}us`;
}

/** Both times are made of 32-bit numbers and overflow as such. */
function timesOf({ interval, ewmaLog }: RateestTargetInfo): readonly [string, string] {
  const step = QUARTER * 2 ** (interval + 2);
  return [timeText(step), timeText((step * 2 ** ewmaLog) % 2 ** 32)];
}

function save(info: RateestTargetInfo): string {
  const [step, average] = timesOf(info);
  return `--rateest-name ${info.name} --rateest-interval ${step} --rateest-ewmalog ${average}`;
}

function list(info: RateestTargetInfo): string {
  const [step, average] = timesOf(info);
  return `name ${info.name} interval ${step} ewmalog ${average}`;
}

export const rateest = extension<RateestTargetInfo>({
  kind: 'target',
  name: 'RATEEST',
  families: IP_FAMILIES,
  rev: 0,
  options: [
    { name: 'rateest-name', mandatory: true, parse: cut(NAME), about: 'name of the estimator' },
    {
      name: 'rateest-interval',
      mandatory: true,
      parse: time,
      about: 'time  how often it is measured',
    },
    { name: 'rateest-ewmalog', mandatory: true, parse: time, about: 'time  what it averages over' },
  ],
  build,
  save,
  list,
  translate: (_, { leave }) => leave('nft has no rate estimators'),
});
