// xt_realm.c: the realm of the route, of which only routed packets have one.

import type { RealmInfo } from '../../../program/index.ts';
import { matchModule } from '../extension.ts';

export const realm = matchModule<RealmInfo>({
  name: 'realm',
  placement: {
    families: ['ip', 'ip6', 'inet'],
    hooks: ['input', 'forward', 'output', 'postrouting'],
  },
  prepare: ({ id, mask, invert }, { env: { netns } }) => ({
    matches({ packet }) {
      const seen = netns.network?.routeOf(packet)?.realm ?? 0;
      return (id === (seen & mask) >>> 0) !== invert;
    },
    why: ({ packet }) => `realm ${netns.network?.routeOf(packet)?.realm ?? 0}`,
  }),
});
