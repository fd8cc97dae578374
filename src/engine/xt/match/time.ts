// xt_time.c. The kernel's zone is UTC here.

import type { TimeInfo } from '../../../program/index.ts';
import { refuse } from '../../errno.ts';
import type { Env } from '../../op.ts';
import { matchModule, type XtMatch } from '../extension.ts';

const DAY = 86_400;
const ALL_MONTHDAYS = 0xfffffffe;
/** 1 January 1970 was a Thursday. */
const THURSDAY = 4;

/** Day of the month (civil_from_days; Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
function monthday(days: number): number {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const year = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  return dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
}

/** 1 is Monday, 7 Sunday. */
const weekday = (days: number): number => ((THURSDAY + days - 1) % 7) + 1;

class Time implements XtMatch {
  readonly #info: TimeInfo;
  readonly #env: Env;

  constructor(info: TimeInfo, env: Env) {
    this.#info = info;
    this.#env = env;
  }

  matches(): boolean {
    const info = this.#info;
    let stamp = Math.floor(this.#env.netns.clock.realtime());
    if (stamp < info.dateStart || stamp > info.dateStop) return false;
    const second = stamp % DAY;
    if (info.daytimeStart < info.daytimeStop) {
      if (second < info.daytimeStart || second > info.daytimeStop) return false;
    } else {
      if (second < info.daytimeStart && second > info.daytimeStop) return false;
      // What has passed midnight belongs to the day before.
      if (info.contiguous && second <= info.daytimeStop) stamp -= DAY;
    }
    const days = Math.floor(stamp / DAY);
    if (((info.weekdays >>> weekday(days)) & 1) === 0) return false;
    return info.monthdays === ALL_MONTHDAYS || ((info.monthdays >>> monthday(days)) & 1) === 1;
  }

  why(): string {
    return `it is ${new Date(this.#env.netns.clock.realtime() * 1000).toISOString().slice(0, 19)} UTC`;
  }
}

export const time = matchModule<TimeInfo>({
  name: 'time',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare(info, cx) {
    if (info.daytimeStart >= DAY || info.daytimeStop >= DAY)
      refuse('EINVAL', 'a time of day is before 24:00:00');
    if (info.contiguous && info.daytimeStart < info.daytimeStop)
      refuse('EINVAL', '--contiguous needs a time that passes midnight');
    return new Time(info, cx.env);
  },
});
