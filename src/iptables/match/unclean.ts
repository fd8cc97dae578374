// unclean: a check of Linux 2.4 for packets that looked unusual. It was never finished.

import { extension, IP_FAMILIES } from '../extension/index.ts';

export const unclean = extension<object>({
  kind: 'match',
  name: 'unclean',
  families: IP_FAMILIES,
  rev: 0,
  options: [],
  removed:
    'unclean was removed in Linux 2.6: connection tracking finds broken packets, `-m conntrack --ctstate INVALID`',
  build: () => ({}),
  save: () => '',
});
