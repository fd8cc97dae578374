// The shape of a topology file, after YAML was parsed:
//
//   interfaces:
//     eth0: 192.168.1.1/24
//     eth1: { addresses: [192.0.2.1/24, 2001:db8::1/64], mtu: 1492 }
//   routes: [default via 192.0.2.254]
//   rules: [from 192.168.1.0/24 table 100]
//   neighbours: [192.168.1.2 dev eth0 lladdr 02:00:00:00:00:02]
//   sockets: [{ protocol: tcp, port: 3128, transparent: true, uid: 13 }]
//   sysctl: { net.ipv4.ip_forward: 1 }

import { CONNTRACK_SYSCTLS } from '../../conntrack/index.ts';
import { editDistance, nearest } from '../../diagnostics/index.ts';
import type {
  InterfaceConfig,
  NeighbourConfig,
  RouteConfig,
  RuleConfig,
  SocketConfig,
} from '../../stack/index.ts';
import { defined, Fields, isPlain, type Plain, type Problems } from './fields.ts';
import { EMPTY_PART, type TopologyPart } from './part.ts';
import { markOf, neighbourFromWords, routeFromWords, ruleFromWords } from './words.ts';

export function partFromYaml(file: Plain, problems: Problems): TopologyPart {
  const f = new Fields(file, '', problems);
  const part: TopologyPart = {
    ...EMPTY_PART,
    interfaces: interfacesOf(f, problems),
    routes: f.list('routes').flatMap((r, i) => routeOf(r, `routes[${i}]`, problems)),
    rules: f.list('rules').flatMap((r, i) => ruleOf(r, `rules[${i}]`, problems, i)),
    neighbours: f
      .list('neighbours')
      .flatMap((n, i) => neighbourOf(n, `neighbours[${i}]`, problems)),
    sockets: f.list('sockets').flatMap((s, i) => socketOf(s, `sockets[${i}]`, problems)),
    sysctl: sysctlOf(f, problems),
  };
  f.finish();
  return part;
}

/** By name, or a list of objects that have one. */
function interfacesOf(f: Fields, problems: Problems): InterfaceConfig[] {
  const raw = f.raw('interfaces');
  if (Array.isArray(raw))
    return raw.flatMap((entry, i) => {
      const path = `interfaces[${i}]`;
      if (!isPlain(entry)) return wrong(problems, path, 'should be an object with a name');
      const fields = new Fields(entry, path, problems);
      const name = fields.text('name');
      return name === undefined
        ? wrong(problems, path, 'needs a name')
        : [interfaceOf(name, fields)];
    });
  return Object.entries(f.object('interfaces') ?? {}).flatMap(([name, value]) =>
    namedInterface(name, value, problems),
  );
}

function wrong(problems: Problems, path: string, what: string): [] {
  problems.add(path, what);
  return [];
}

/** An address, a list of addresses, an object, or nothing at all. */
function namedInterface(name: string, value: unknown, problems: Problems): InterfaceConfig[] {
  const path = `interfaces.${name}`;
  if (value === null) return [{ name, arp: 'static' }];
  if (typeof value === 'string') return [{ name, arp: 'static', addresses: [value] }];
  if (Array.isArray(value))
    return [interfaceOf(name, new Fields({ addresses: value }, path, problems))];
  if (isPlain(value)) return [interfaceOf(name, new Fields(value, path, problems))];
  return wrong(problems, path, 'should be an address, a list of addresses or an object');
}

function interfaceOf(name: string, f: Fields): InterfaceConfig {
  const addresses = f.list('addresses').map(String);
  const single = f.text('address');
  const type = f.oneOf('type', ['ethernet', 'loopback', 'raw']);
  const link = f.object('vlan');
  const iface: InterfaceConfig = {
    name,
    addresses: single === undefined ? addresses : [single, ...addresses],
    arp: f.oneOf('arp', ['static', 'resolve']) ?? 'static',
    ...defined({
      index: f.number('index'),
      mac: f.text('mac'),
      mtu: f.number('mtu'),
      type: type === undefined ? undefined : { ethernet: 1, loopback: 772, raw: 65534 }[type],
      kind: f.text('kind'),
      up: f.flag('up'),
      group: f.number('group'),
      master: f.text('master'),
      promiscuous: f.flag('promiscuous'),
      vlan: link === undefined ? undefined : vlanOf(link),
    }),
  };
  f.finish();
  return iface;
}

const vlanOf = (link: Plain) => ({ link: String(link.link ?? ''), id: Number(link.id ?? 0) });

function routeOf(value: unknown, path: string, problems: Problems): RouteConfig[] {
  if (typeof value === 'string') return [routeFromWords(value, path, problems)];
  if (!isPlain(value)) return wrong(problems, path, "should be words as 'ip route' prints them");
  const f = new Fields(value, path, problems);
  const to = f.text('to');
  const route = defined({
    via: f.text('via'),
    device: f.text('device') ?? f.text('dev'),
    table: f.text('table'),
    source: f.text('source'),
    metric: f.number('metric'),
    mtu: f.number('mtu'),
    type: f.oneOf('type', ['unicast', 'local', 'blackhole', 'unreachable', 'prohibit', 'throw']),
  });
  f.finish();
  return to === undefined ? wrong(problems, path, "needs 'to'") : [{ to, ...route }];
}

function ruleOf(value: unknown, path: string, problems: Problems, i: number): RuleConfig[] {
  // Behind the rule for the local table, in the order they are written.
  const priority = 1000 + i;
  if (typeof value === 'string') return [ruleFromWords(value, path, problems, priority)];
  if (!isPlain(value)) return wrong(problems, path, "should be words as 'ip rule' prints them");
  const f = new Fields(value, path, problems);
  const [mark, mask] = markOf(f.text('fwmark') ?? '');
  const rule: RuleConfig = {
    priority: f.number('priority') ?? priority,
    ...defined({
      from: f.text('from'),
      to: f.text('to'),
      iif: f.text('iif'),
      oif: f.text('oif'),
      table: f.text('table'),
      ...(f.has('fwmark') ? { mark, mask } : {}),
    }),
  };
  f.finish();
  return [rule];
}

function neighbourOf(value: unknown, path: string, problems: Problems): NeighbourConfig[] {
  if (typeof value === 'string')
    return [neighbourFromWords(value, path, problems)].filter((n) => n !== undefined);
  if (!isPlain(value)) return wrong(problems, path, "should be words as 'ip neigh' prints them");
  const f = new Fields(value, path, problems);
  const address = f.text('address');
  const device = f.text('device') ?? f.text('dev');
  const mac = f.text('mac') ?? f.text('lladdr');
  f.finish();
  return address === undefined || device === undefined || mac === undefined
    ? wrong(problems, path, 'needs address, device and mac')
    : [{ address, device, mac }];
}

function socketOf(value: unknown, path: string, problems: Problems): SocketConfig[] {
  if (!isPlain(value)) return wrong(problems, path, 'should be an object with protocol and port');
  const f = new Fields(value, path, problems);
  const protocol = f.oneOf('protocol', ['tcp', 'udp']);
  const port = f.number('port');
  const rest = defined({
    address: f.text('address'),
    peer: f.text('peer'),
    state: f.oneOf('state', ['listen', 'established', 'time-wait']),
    v6only: f.flag('v6only'),
    device: f.text('device') ?? f.text('dev'),
    transparent: f.flag('transparent'),
    mark: f.number('mark'),
    uid: f.number('uid'),
    gid: f.number('gid'),
    cgroup: f.text('cgroup'),
    classid: f.number('classid'),
  });
  f.finish();
  return protocol === undefined || port === undefined
    ? wrong(problems, path, 'needs protocol and port')
    : [{ protocol, port, ...rest }];
}

const CONNTRACK = 'net.netfilter.nf_conntrack_';

/** A slip, not the name that another release of the kernel has. */
const SLIP = 2;

/** A name that connection tracking does not have would do nothing in silence. */
function checkName(name: string, path: string, problems: Problems): void {
  if (!name.startsWith(CONNTRACK) || CONNTRACK_SYSCTLS.has(name)) return;
  const meant = nearest(name, CONNTRACK_SYSCTLS.keys());
  if (meant !== undefined && editDistance(name, meant) <= SLIP)
    problems.add(path, `no such sysctl; did you mean '${meant}'?`);
}

function sysctlOf(f: Fields, problems: Problems): Record<string, number> {
  const sysctl: Record<string, number> = {};
  for (const [written, value] of Object.entries(f.object('sysctl') ?? {})) {
    const name = written.replaceAll('/', '.');
    checkName(name, `sysctl.${written}`, problems);
    if (typeof value === 'number') sysctl[name] = value;
    else problems.add(`sysctl.${written}`, 'should be a number');
  }
  return sysctl;
}
