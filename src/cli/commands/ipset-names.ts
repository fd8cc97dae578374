// Services and hosts as the machine names them, for ipset.

import type { IpsetNames } from '../../iptables/index.ts';
import type { Host } from '../host.ts';

/** Lines of a file under /etc without their comments, split at blanks; none where it cannot be read. */
const rows = (host: Host, path: string): string[][] =>
  (host.read(path) ?? '')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter((words) => words.length > 1);

/** services(5): a name, `port/protocol` and other names. */
function service(host: Host, name: string, protocol: string): number | undefined {
  const found = rows(host, '/etc/services').find(
    ([first, place = '', ...aliases]) =>
      place.endsWith(`/${protocol}`) && (first === name || aliases.includes(name)),
  );
  return found?.[1] === undefined ? undefined : Number.parseInt(found[1], 10);
}

const isOf = (address: string, family: 'ip' | 'ip6'): boolean =>
  address.includes(':') === (family === 'ip6');

export function ipsetNames(host: Host): IpsetNames {
  const hosts = () => rows(host, '/etc/hosts');
  return {
    host: (name, family) =>
      hosts().flatMap(([address = '', ...names]) =>
        names.includes(name) && isOf(address, family) ? [address] : [],
      ),
    hostOf: (address) => hosts().find(([known]) => known === address)?.[1],
    // Without such a file the package's own list has to do.
    ...(host.read('/etc/services') === undefined
      ? {}
      : { service: (name, protocol) => service(host, name, protocol) }),
  };
}
