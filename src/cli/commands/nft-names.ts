// Names that the machine knows and rulesets may use: users, groups, hosts. Interfaces need not
// exist; the state remembers which index each was given.

import { cgroupId, cgroupPath } from '../../core/index.ts';
import type { Names as XtNames } from '../../iptables/index.ts';
import type { ListOptions, Names } from '../../nft/index.ts';
import type { Host } from '../host.ts';
import type { Interfaces } from './nft-target.ts';

/** Lines of a file under /etc, split; none where it cannot be read. */
function lines(host: Host, path: string, separator: RegExp | string): string[][] {
  const text = host.read(path) ?? '';
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(separator))
    .filter((words) => words.length > 1);
}

/** passwd(5) and group(5): name, password, number. */
const ids = (host: Host, path: string): [string, number][] =>
  lines(host, path, ':').map(([name = '', , id = '']) => [name, Number(id)]);

const idOf =
  (host: Host, path: string) =>
  (name: string): number | undefined =>
    ids(host, path).find(([known]) => known === name)?.[1];

const nameOf =
  (host: Host, path: string) =>
  (id: number): string | undefined =>
    ids(host, path).find(([, known]) => known === id)?.[0];

/** hosts(5): an address and its names. */
function addresses(host: Host, name: string, family: 'ip' | 'ip6'): string[] | undefined {
  const found = lines(host, '/etc/hosts', /\s+/)
    .filter(([address = '', ...names]) => names.includes(name) && isOf(address, family))
    .map(([address = '']) => address);
  return found.length === 0 ? undefined : found;
}

const isOf = (address: string, family: 'ip' | 'ip6'): boolean =>
  address.includes(':') === (family === 'ip6');

export const systemNames = (interfaces: Interfaces, host: Host): Names => ({
  interfaceIndex: (name) => interfaces.of(name),
  user: idOf(host, '/etc/passwd'),
  group: idOf(host, '/etc/group'),
  host: (name, family) => addresses(host, name, family),
  cgroup: (path) => BigInt(cgroupId(cgroupPath(path))),
});

/** What iproute2 calls a group or a realm: a number, and its name. */
const iprouteId =
  (host: Host, file: string) =>
  (name: string): number | undefined => {
    const [id] =
      lines(host, `/etc/iproute2/${file}`, /\s+/).find(([, known]) => known === name) ?? [];
    return id === undefined ? undefined : Number(id);
  };

/** The same for iptables. */
export const xtNames = (host: Host): XtNames => ({
  user: idOf(host, '/etc/passwd'),
  group: idOf(host, '/etc/group'),
  host: (name) => [...(addresses(host, name, 'ip') ?? []), ...(addresses(host, name, 'ip6') ?? [])],
  devgroup: iprouteId(host, 'group'),
  realm: iprouteId(host, 'rt_realms'),
  file: (path) => host.read(path),
});

export function listingNames(
  interfaces: Readonly<Record<string, number>>,
  host: Host,
): NonNullable<ListOptions['names']> {
  const byIndex = new Map(Object.entries(interfaces).map(([name, index]) => [index, name]));
  return {
    interface: (index) => byIndex.get(index),
    user: nameOf(host, '/etc/passwd'),
    group: nameOf(host, '/etc/group'),
    host: (address) => lines(host, '/etc/hosts', /\s+/).find(([known]) => known === address)?.[1],
  };
}
