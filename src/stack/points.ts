// Where a family's hooks are, looked up once.

import type { HookPoint, Netns } from '../core/index.ts';

/** The points of one of the two Internet families. */
export type InetPoints = Readonly<
  Record<'prerouting' | 'input' | 'forward' | 'output' | 'postrouting', HookPoint>
>;

export function inetPoints(netns: Netns, family: 'ip' | 'ip6' | 'bridge'): InetPoints {
  const { hooks } = netns;
  return {
    prerouting: hooks.point(family, 'prerouting'),
    input: hooks.point(family, 'input'),
    forward: hooks.point(family, 'forward'),
    output: hooks.point(family, 'output'),
    postrouting: hooks.point(family, 'postrouting'),
  };
}
