// All cases in their groups, with the differences that are meant.

import type { Case } from '../case.ts';
import type { KnownDifference } from '../suite.ts';
import { answers } from './answers.ts';
import { bridgeNetfilter } from './br-netfilter.ts';
import { bridges } from './bridge.ts';
import { countedConnections } from './counted.ts';
import { links } from './devices.ts';
import { filtering } from './filtering.ts';
import { forms } from './forms.ts';
import { findings } from './found.ts';
import { fragments } from './fragments.ts';
import { headers } from './headers.ts';
import { icmpErrors } from './icmp.ts';
import { iptables } from './iptables.ts';
import { language } from './language.ts';
import { locals } from './local.ts';
import { mangling } from './mangling.ts';
import { matching } from './matching.ts';
import { translation } from './nat.ts';
import { translationForms } from './nat-forms.ts';
import { fingerprints } from './osf.ts';
import { places } from './places.ts';
import { refusals } from './refused.ts';
import { sets } from './sets.ts';
import { sockets } from './sockets.ts';
import { state } from './state.ts';
import { synproxies, synproxyDifferences, synproxyRefusals } from './synproxy.ts';
import { trackers } from './trackers.ts';
import { traps } from './traps.ts';
import { tunnels } from './tunnels.ts';
import { xtAccounting } from './xt-accounting.ts';
import { xtBridge } from './xt-bridge.ts';
import { xtFindings } from './xt-found.ts';
import { xtFsm } from './xt-fsm.ts';
import { xtHeaders } from './xt-headers.ts';
import { xtMatches } from './xt-matches.ts';
import { xtRest } from './xt-rest.ts';
import { xtTargets } from './xt-targets.ts';

/** Test files, which run beside each other. */
export type Part = 'packets' | 'places' | 'language' | 'xtables';

export interface Group {
  readonly part: Part;
  readonly name: string;
  readonly cases: readonly Case[];
  readonly known: readonly KnownDifference[];
}

const group = (
  part: Part,
  name: string,
  cases: readonly Case[],
  known: readonly KnownDifference[] = [],
): Group => ({ part, name, cases, known });

export const GROUPS: readonly Group[] = [
  group('language', 'filtering', filtering),
  group('language', 'matches and sets', matching),
  group('packets', 'connection tracking', state),
  group('packets', 'trackers', trackers),
  group('packets', 'address translation', translation),
  group('packets', 'forms of address translation', translationForms),
  group('packets', 'what the router answers', answers),
  group('packets', 'fragments', fragments),
  group('packets', 'mangling', mangling, [
    {
      test: 'udp dport set 5353 in forward, UDP checksum 0',
      reason:
        'nft 1.0.6 has the kernel update a checksum that is not there; later ones, and the language here, ask for the pseudo header rule, which leaves it 0',
    },
  ]),
  group('packets', 'ICMP errors', icmpErrors),
  group('language', 'sets and maps', sets),
  group('language', 'what is refused', refusals),
  group('packets', 'local packets, policy routing, devices', locals),
  group('language', 'headers and transports', headers),
  group('packets', 'traps', traps),
  group('packets', 'devices and ARP', links),
  group('packets', 'findings', findings, [
    {
      test: 'found: an ICMP error quotes a reset of its own whose checksum is not finished',
      reason:
        'the kernel leaves the checksum of its own packets to the device; here it is always there',
    },
    {
      test: 'found: how long a connection had that a reset ended at once',
      reason: 'an entry that is gone has no time left here; the kernel tells what it had',
    },
  ]),
  group('packets', 'counted connections', countedConnections),
  group('places', 'every expression at every place', places),
  group('language', 'forms of expressions', forms),
  group('packets', 'bridge', bridges),
  group('packets', 'sockets', sockets),
  group('xtables', 'iptables', iptables),
  group('xtables', 'xt headers', xtHeaders),
  group('xtables', 'xt patterns of fsm', xtFsm),
  group('xtables', 'xt matches', xtMatches),
  group('xtables', 'xt findings', xtFindings),
  group('xtables', 'xt accounting', xtAccounting),
  group('xtables', 'xt, the rest', xtRest),
  group('language', 'the language', language),
  group('packets', 'passive fingerprints', fingerprints),
  group('language', 'tunnels and IPsec', tunnels),
  group('packets', 'SYN proxies', [...synproxies, ...synproxyRefusals], synproxyDifferences),
  group('xtables', 'targets of iptables', xtTargets),
  group('xtables', 'ebtables and arptables', xtBridge),
  group('xtables', 'bridged packets and the IP families', bridgeNetfilter),
];
