import { answers } from './cases/answers.ts';
import { bridges } from './cases/bridge.ts';
import { links } from './cases/devices.ts';
import { filtering } from './cases/filtering.ts';
import { findings } from './cases/found.ts';
import { fragments } from './cases/fragments.ts';
import { headers } from './cases/headers.ts';
import { icmpErrors } from './cases/icmp.ts';
import { iptables } from './cases/iptables.ts';
import { language } from './cases/language.ts';
import { locals } from './cases/local.ts';
import { mangling } from './cases/mangling.ts';
import { matching } from './cases/matching.ts';
import { translation } from './cases/nat.ts';
import { fingerprints } from './cases/osf.ts';
import { refusals } from './cases/refused.ts';
import { sets } from './cases/sets.ts';
import { sockets } from './cases/sockets.ts';
import { state } from './cases/state.ts';
import { synproxies, synproxyDifferences, synproxyRefusals } from './cases/synproxy.ts';
import { trackers } from './cases/trackers.ts';
import { traps } from './cases/traps.ts';
import { tunnels } from './cases/tunnels.ts';
import { xtBridge } from './cases/xt-bridge.ts';
import { xtHeaders } from './cases/xt-headers.ts';
import { xtMatches } from './cases/xt-matches.ts';
import { xtTargets } from './cases/xt-targets.ts';
import { twoTargets } from './suite.ts';

twoTargets('filtering', filtering);
twoTargets('matches and sets', matching);
twoTargets('connection tracking', state);
twoTargets('trackers', trackers);
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
twoTargets('ICMP errors', icmpErrors);
twoTargets('sets and maps', sets);
twoTargets('what is refused', refusals);
twoTargets('local packets, policy routing, devices', locals);
twoTargets('headers and transports', headers);
twoTargets('traps', traps);
twoTargets('devices and ARP', links);
twoTargets('findings', findings, [
  {
    test: 'found: an ICMP error quotes a reset of its own whose checksum is not finished',
    reason:
      'the kernel leaves the checksum of its own packets to the device; here it is always there',
  },
  {
    test: 'found: how long a connection had that a reset ended at once',
    reason: 'an entry that is gone has no time left here; the kernel tells what it had',
  },
]);
twoTargets('bridge', bridges);
twoTargets('sockets', sockets);
twoTargets('iptables', iptables);
twoTargets('xt headers', xtHeaders);
twoTargets('xt matches', xtMatches);
twoTargets('the language', language);
twoTargets('passive fingerprints', fingerprints);
twoTargets('tunnels and IPsec', tunnels);
twoTargets('SYN proxies', [...synproxies, ...synproxyRefusals], synproxyDifferences);
twoTargets('targets of iptables', xtTargets);
twoTargets('ebtables and arptables', xtBridge);
