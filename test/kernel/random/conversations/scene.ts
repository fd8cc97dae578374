// A scene: a router with some rules, and several conversations through it at the same time.

import type { Random } from '../../../../src/core/index.ts';
import type { Case, Step } from '../../case.ts';
import { pick } from '../words.ts';
import { complaint } from './complaints.ts';
import { DATAGRAMS, type Datagram, datagram } from './datagrams.ts';
import { longDatagram, speakInPieces } from './pieces.ts';
import { type Endpoint, type Say, type Side, speak } from './place.ts';
import { association, sctpTurn } from './sctp.ts';
import { TcpTalk } from './tcp.ts';

const odds = (r: Random, percent: number): boolean => r.below(100) < percent;

/** What the router does with addresses; `4` and `6` stand for the family's. */
interface Translation {
  readonly rules: string;
  /** Where somebody at this service really is. */
  readonly service?: readonly [Place, Place];
}

interface Place {
  readonly link: string;
  readonly four: string;
  readonly six: string;
  readonly port: number;
}

const place = (link: string, host: number, port: number): Place => {
  const [net4, net6] = {
    eth0: ['10.0.0', '2001:db8:'],
    eth1: ['192.0.2', '2001:db8:1:'],
    eth2: ['10.0.2', '2001:db8:2:'],
  }[link] as [string, string];
  return { link, four: `${net4}.${host}`, six: `${net6}:${host}`, port };
};

const ROUTER_WAN = place('eth1', 1, 80);
const DMZ = place('eth2', 2, 8080);
const LAN = place('eth0', 3, 8080);

const chains = (prerouting: string, postrouting: string): string =>
  `chain pre { type nat hook prerouting priority -100; ${prerouting}\n }
   chain post { type nat hook postrouting priority 100; ${postrouting}\n }`;

const PLAIN: Translation = { rules: '' };

/** By what a network usually does: nothing, hide behind its own address or another, offer a service. */
const TRANSLATIONS: readonly Translation[] = [
  PLAIN,
  PLAIN,
  { rules: chains('', 'oifname "eth1" masquerade') },
  { rules: chains('', 'oifname "eth1" snat to 192.0.2.9') },
  { rules: chains('', 'oifname "eth1" snat to 192.0.2.8-192.0.2.9') },
  { rules: chains('', 'oifname "eth1" snat to 192.0.2.8-192.0.2.9 persistent') },
  {
    rules: chains('ip daddr 192.0.2.1 dnat to 10.0.2.2', 'oifname "eth1" masquerade'),
    service: [ROUTER_WAN, { ...DMZ, port: 80 }],
  },
  {
    rules: chains(
      'ip daddr 192.0.2.1 meta l4proto { tcp, udp } dnat to 10.0.2.2:8080',
      'oifname "eth1" masquerade',
    ),
    service: [ROUTER_WAN, DMZ],
  },
  // Somebody of the LAN reaches a service of the LAN by the router's outer address.
  {
    rules: chains(
      'ip daddr 192.0.2.1 meta l4proto { tcp, udp } dnat to 10.0.0.3:8080',
      'ip daddr 10.0.0.3 ip saddr 10.0.0.0/24 masquerade\noifname "eth1" masquerade',
    ),
    service: [ROUTER_WAN, LAN],
  },
  {
    rules: chains('ip daddr 192.0.2.5 dnat to 10.0.2.2-10.0.2.3', ''),
    service: [place('eth1', 5, 80), { ...DMZ, port: 80 }],
  },
  {
    rules: chains(
      'ip daddr 192.0.2.0/24 dnat prefix to 10.0.2.0/24',
      'ip saddr 10.0.0.0/24 snat prefix to 192.0.2.0/24',
    ),
    service: [place('eth1', 2, 80), { ...DMZ, port: 80 }],
  },
];

/** The same rule for the other family: its networks, its prefixes. */
const for6 = (rules: string): string =>
  rules
    .replaceAll(/10\.0\.0\.0\/24/g, '2001:db8::/64')
    .replaceAll(/192\.0\.2\.0\/24/g, '2001:db8:1::/64')
    .replaceAll(/10\.0\.2\.0\/24/g, '2001:db8:2::/64')
    .replaceAll(/dnat to 10\.0\.(\d)\.(\d+):(\d+)/g, 'dnat to [10.0.$1.$2]:$3')
    .replaceAll(/10\.0\.0\.(\d+)/g, '2001:db8::$1')
    .replaceAll(/192\.0\.2\.(\d+)/g, '2001:db8:1::$1')
    .replaceAll(/10\.0\.2\.(\d+)/g, '2001:db8:2::$1')
    .replaceAll(/\bip (saddr|daddr)/g, 'ip6 $1');

/** What the tracker says of each packet is written into it. */
const SAYS_STATE = (['ip', 'ip6'] as const)
  .flatMap((family) => [
    `${family} version ${family === 'ip' ? 4 : 6} ct state new counter ${family} dscp set 8`,
    `${family} version ${family === 'ip' ? 4 : 6} ct state established ct direction reply ${family} dscp set 17`,
    `${family} version ${family === 'ip' ? 4 : 6} ct state established ct direction original ${family} dscp set 16`,
    `${family} version ${family === 'ip' ? 4 : 6} ct state related counter ${family} dscp set 24`,
    `${family} version ${family === 'ip' ? 4 : 6} ct state invalid counter ${family} dscp set 32`,
  ])
  .join('\n');

function rules(r: Random, { rules: nat }: Translation): string {
  const last = pick(r, [
    '',
    '',
    '',
    'ct state invalid drop',
    'ct state new limit rate 1/day burst 3 packets drop',
  ]);
  const marks = odds(r, 40) ? 'ct state new ct mark set numgen inc mod 7 offset 1' : '';
  return `table inet t {
    chain pre { type filter hook prerouting priority -150; ${marks}\n }
    chain f { type filter hook forward priority 0; policy accept;\n${SAYS_STATE}\n${last}\n }
    chain o { type filter hook output priority 0; ct state related counter\n ct state new counter\n }
  }
  ${nat === '' ? '' : `table ip nat { ${nat} }\ntable ip6 nat { ${for6(nat)} }`}`;
}

/** A conversation of some kind, a turn at a time. */
interface Talk {
  readonly sides: readonly [Side, Side];
  turn(): readonly Step[];
}

const HOSTS = { eth0: [2, 4, 5], eth1: [2, 3, 4], eth2: [2, 3, 4] } as const;

interface Meeting {
  readonly from: Place;
  readonly to: Place;
  /** Where the answering side is, and as what it knows itself. */
  readonly really: Place;
}

function meeting(r: Random, { service }: Translation, port: number): Meeting {
  const link = pick(r, ['eth0', 'eth0', 'eth0', 'eth2', 'eth1']);
  const from = place(link, pick(r, HOSTS[link as keyof typeof HOSTS]), port);
  if (service !== undefined && odds(r, 60)) return { from, to: service[0], really: service[1] };
  const goal = pick(
    r,
    (['eth1', 'eth1', 'eth2', 'eth0'] as const).filter((l) => l !== link),
  );
  const to = place(goal, pick(r, HOSTS[goal]), pick(r, [80, 53]));
  return { from, to, really: to };
}

const endpoint = (where: Place, v6: boolean): Endpoint => ({
  address: v6 ? where.six : where.four,
  port: where.port,
});

function sidesOf({ from, to, really }: Meeting, v6: boolean, tag: number): [Side, Side] {
  const [client, service] = [endpoint(from, v6), endpoint(to, v6)];
  return [
    { link: from.link, tag, self: client, other: service },
    { link: really.link, tag: tag + 1, self: endpoint(really, v6), other: client, answers: tag },
  ];
}

/** What may happen on the way: twice, late, or somebody complains. */
class Way {
  readonly #random: Random;
  readonly #sides: readonly [Side, Side];
  readonly #late: Step[] = [];

  constructor(r: Random, sides: readonly [Side, Side]) {
    this.#random = r;
    this.#sides = sides;
  }

  carry(by: 0 | 1, step: Step): Step[] {
    const r = this.#random;
    const out: Step[] = [];
    const fate = r.below(100);
    if (fate < 6) this.#late.push(step);
    else out.push(step, ...(fate < 10 ? [step] : []));
    if (fate > 88) out.push(complaint(r, this.#sides[by], this.#sides[1 - by]!.link));
    if (this.#late.length > 0 && odds(r, 40)) out.push(this.#late.shift()!);
    return out;
  }
}

let serial = 0;

export type Kind = 'tcp' | 'sctp' | 'datagram';

const KINDS: readonly Kind[] = [
  ...Array.from({ length: 4 }, () => 'tcp' as const),
  'sctp',
  ...DATAGRAMS.map(() => 'datagram' as const),
];

function talk(r: Random, sides: readonly [Side, Side], inPieces: boolean, only?: Kind): Talk {
  const way = new Way(r, sides);
  const utter = (by: 0 | 1, say: Say): Step[] => way.carry(by, speak(sides[by], serial++, say));
  const kind = only ?? pick(r, KINDS);
  if (kind === 'tcp') {
    const tcp = new TcpTalk(r);
    return {
      sides,
      turn: () => {
        const { by, say, lost } = tcp.turn();
        return lost ? [] : utter(by, say);
      },
    };
  }
  if (kind === 'sctp') {
    const one = association(r);
    return {
      sides,
      turn: () => {
        const { by, say } = sctpTurn(r, one);
        return utter(by, say);
      },
    };
  }
  return datagrams(r, sides, inPieces, utter);
}

function datagrams(
  r: Random,
  sides: readonly [Side, Side],
  inPieces: boolean,
  utter: (by: 0 | 1, say: Say) => Step[],
): Talk {
  const kind: Datagram = pick(r, DATAGRAMS);
  const id = 100 + sides[0].tag;
  const long = inPieces && (kind === 'udp' || kind === 'echo');
  return {
    sides,
    turn: () => {
      const by = odds(r, 55) ? 0 : 1;
      if (!long || odds(r, 40)) return utter(by, datagram(r, kind, id, by === 0));
      const { say, length } = longDatagram(r, kind === 'echo' ? id : undefined);
      return speakInPieces(r, sides[by], serial++, say, length);
    },
  };
}

const SYSCTLS: readonly (readonly [name: string, usual: number, odd: readonly number[]])[] = [
  ['tcp_be_liberal', 0, [1]],
  ['tcp_loose', 1, [0]],
  ['tcp_ignore_invalid_rst', 0, [1]],
  ['tcp_max_retrans', 3, [1, 0]],
  ['checksum', 1, [0]],
];

/** Rules, options, and `n` packets or a few more, all of one kind where that is asked. */
export function scene(r: Random, n: number, only?: Kind): Case {
  serial = 0;
  const translation = pick(r, TRANSLATIONS);
  const inPieces = odds(r, 30);
  const clash = odds(r, 15);
  const talks = Array.from({ length: 2 + r.below(4) }, (_, i) => {
    const one = meeting(r, translation, clash ? 40000 : 40000 + i);
    return talk(r, sidesOf(one, odds(r, 35), 1 + 2 * i), inPieces, only);
  });
  const steps: Step[] = [];
  while (steps.length < n) steps.push(...pick(r, talks).turn());
  return {
    name: 'random conversations',
    fresh: inPieces,
    chance: ['port', 'fragid'],
    // Behind one address, and where a connection is picked up in the middle, the kernel chooses others.
    ports: [53, 80, 8080, ...talks.map(({ sides }) => sides[0].self.port)],
    ruleset: rules(r, translation),
    sysctl: Object.fromEntries(
      SYSCTLS.map(([name, usual, odd]) => [
        `net.netfilter.nf_conntrack_${name}`,
        odds(r, 15) ? pick(r, odd) : usual,
      ]),
    ),
    steps,
  };
}
