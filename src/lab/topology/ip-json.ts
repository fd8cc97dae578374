// Saved output of `ip -j addr`, `ip -j route`, `ip -j rule`, `ip -j neigh` (iproute2, json_print.c).
import type {
  AddressConfig,
  InterfaceConfig,
  NexthopConfig,
  RouteConfig,
  RuleConfig,
} from '../../stack/index.ts';
import { defined, Fields, isPlain, type Plain, Problems } from './fields.ts';
import { EMPTY_PART, type TopologyPart } from './part.ts';

const IPPROTO: Readonly<Record<string, number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  'ipv6-icmp': 58,
  sctp: 132,
};
/** ARPHRD_*, by what `ip` calls them. */
const LINK_TYPES: Readonly<Record<string, number>> = {
  ether: 1,
  loopback: 772,
  none: 65534,
  ppp: 512,
};

type Kind = 'addr' | 'route' | 'rule' | 'neigh';

/** Which command printed this, told from the keys of its entries. */
function kindOf(entry: Plain): Kind | undefined {
  if ('ifname' in entry) return 'addr';
  if ('priority' in entry && ('src' in entry || 'table' in entry)) return 'rule';
  if ('lladdr' in entry || Array.isArray(entry.state)) return 'neigh';
  return 'dst' in entry ? 'route' : undefined;
}

/** True for what `ip -j` prints: a list of objects of which the first is known. */
export const isIpJson = (value: unknown): value is readonly Plain[] =>
  Array.isArray(value) &&
  (value.length === 0 || (isPlain(value[0]) && kindOf(value[0]) !== undefined));

export function partFromIpJson(entries: readonly Plain[], problems: Problems): TopologyPart {
  const of = (kind: Kind): Fields[] =>
    entries.flatMap((e, i) =>
      kindOf(e) === kind ? [new Fields(e, `${kind}[${i}]`, problems)] : [],
    );
  const routes = of('route').filter((f) => f.text('table') !== 'local');
  const isConnected = (f: Fields): boolean =>
    f.text('protocol') === 'kernel' && f.text('gateway') === undefined;
  return {
    ...EMPTY_PART,
    interfaces: of('addr').flatMap(interfaceOf),
    routes: routes.filter((f) => !isConnected(f)).map(routeOf),
    connected: routes.filter(isConnected).map(routeOf),
    rules: of('rule').map(ruleOf),
    neighbours: of('neigh').flatMap(neighbourOf),
  };
}

function interfaceOf(f: Fields): InterfaceConfig[] {
  const name = f.text('ifname') ?? '';
  if (name === 'lo') return [];
  const flags = f.list('flags');
  const linkType = f.text('link_type') ?? 'ether';
  const info = new Fields(f.object('linkinfo') ?? {}, f.at('linkinfo'), new Problems());
  const kind = info.text('info_kind');
  const id = vlanId(info);
  const link = f.text('link');
  return [
    {
      name,
      addresses: f.list('addr_info').filter(isPlain).flatMap(addressOf),
      up: flags.includes('UP'),
      ...defined({
        index: f.number('ifindex'),
        mtu: f.number('mtu'),
        mac: linkType === 'ether' ? f.text('address') : undefined,
        type: LINK_TYPES[linkType] ?? 1,
        master: f.text('master'),
        kind,
        vlan: id !== undefined && link !== undefined ? { link, id } : undefined,
        linkLocal: 'none' as const, // the saved addresses have it already
        arp: 'static' as const,
      }),
    },
  ];
}

function vlanId(info: Fields): number | undefined {
  if (info.text('info_kind') !== 'vlan') return undefined;
  return new Fields(info.object('info_data') ?? {}, '', new Problems()).number('id');
}

function addressOf(entry: Plain): AddressConfig[] {
  const f = new Fields(entry, '', new Problems());
  const local = f.text('local');
  if (local === undefined) return [];
  const scope = f.oneOf('scope', ['global', 'site', 'link', 'host']);
  const peer = f.text('address');
  const noPrefixRoute = f.flag('noprefixroute');
  return [
    {
      address: `${local}/${f.number('prefixlen') ?? 32}`,
      ...defined({ scope, peer, noPrefixRoute }),
    },
  ];
}

function routeOf(f: Fields): RouteConfig {
  const metrics = f.list('metrics').find(isPlain);
  const nexthops = f.list('nexthops').filter(isPlain).map(nexthopOf);
  return {
    to: f.text('dst') ?? 'default',
    ...defined({
      via: gatewayOf(f),
      device: f.text('dev'),
      table: f.text('table'),
      source: f.text('prefsrc'),
      metric: f.number('metric'),
      type: f.oneOf('type', [
        'unicast',
        'local',
        'broadcast',
        'anycast',
        'multicast',
        'blackhole',
        'unreachable',
        'prohibit',
        'throw',
      ]),
      mtu:
        metrics === undefined ? undefined : new Fields(metrics, '', new Problems()).number('mtu'),
      onlink: f.list('flags').includes('onlink') ? true : undefined,
      nexthops: nexthops.length === 0 ? undefined : nexthops,
    }),
  };
}

/** A gateway of the other family stands in `via` (RTA_VIA). */
function gatewayOf(f: Fields): string | undefined {
  const via = f.object('via');
  return via === undefined
    ? f.text('gateway')
    : new Fields(via, f.at('via'), new Problems()).text('host');
}

function nexthopOf(entry: Plain): NexthopConfig {
  const f = new Fields(entry, '', new Problems());
  return defined({ via: gatewayOf(f), device: f.text('dev'), weight: f.number('weight') });
}

function prefixOf(f: Fields, address: string, length: string): string | undefined {
  const text = f.text(address);
  if (text === undefined || text === 'all') return undefined;
  const bits = f.number(length);
  return bits === undefined ? text : `${text}/${bits}`;
}

function portsOf(f: Fields, name: 'sport' | 'dport'): readonly [number, number] | undefined {
  const from = f.number(`${name}_start`) ?? f.number(name);
  return from === undefined ? undefined : [from, f.number(`${name}_end`) ?? from];
}

function ruleOf(f: Fields): RuleConfig {
  const proto = f.text('ipproto');
  const mark = f.number('fwmark');
  const action = f.text('action');
  return {
    priority: f.number('priority') ?? 0,
    ...defined({
      not: f.has('not') ? true : undefined,
      from: prefixOf(f, 'src', 'srclen'),
      to: prefixOf(f, 'dst', 'dstlen'),
      mark,
      mask: mark === undefined ? undefined : (f.number('fwmask') ?? 0xffffffff),
      iif: f.text('iif'),
      oif: f.text('oif'),
      tos: f.number('tos'),
      ipproto: proto === undefined ? undefined : (IPPROTO[proto] ?? Number(proto)),
      sport: portsOf(f, 'sport'),
      dport: portsOf(f, 'dport'),
      table: f.text('table'),
      action: ACTIONS.find((a) => a === action),
      target: f.number('goto'),
      suppressPrefixLength: f.number('suppress_prefixlen'),
    }),
  };
}

const ACTIONS = ['blackhole', 'unreachable', 'prohibit', 'goto', 'nop'] as const;

/** Entries without an address of the link, such as failed ones, say nothing. */
function neighbourOf(f: Fields) {
  const [address, device, mac] = [f.text('dst'), f.text('dev'), f.text('lladdr')];
  return address === undefined || device === undefined || mac === undefined
    ? []
    : [{ address, device, mac }];
}
