import { answers } from './cases/answers.ts';
import { filtering } from './cases/filtering.ts';
import { fragments } from './cases/fragments.ts';
import { mangling } from './cases/mangling.ts';
import { translation } from './cases/nat.ts';
import { state } from './cases/state.ts';
import { twoTargets } from './suite.ts';

twoTargets('filtering', filtering);
twoTargets('connection tracking', state);
twoTargets('address translation', translation);
twoTargets('what the router answers', answers);
twoTargets('fragments', fragments);
twoTargets('mangling', mangling, [
  {
    test: 'udp dport set 5353 in forward, UDP checksum 0',
    reason:
      'nft 1.0.6 has the kernel update a checksum that is not there; later ones, and the language here, ask for the pseudo header rule, which leaves it 0',
  },
]);
