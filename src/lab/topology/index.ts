import type { InterfaceConfig, StackConfig } from '../../stack/index.ts';
import { isPlain, Problems } from './fields.ts';
import { isIpJson, partFromIpJson } from './ip-json.ts';
import { joinParts, type TopologyPart } from './part.ts';
import { partFromYaml } from './yaml.ts';

/** A topology file after YAML or JSON was parsed. */
export interface TopologyFile {
  readonly name: string;
  readonly content: unknown;
}

export interface ReadTopology {
  readonly config: StackConfig;
  /** Sentences with file and path; nothing may be built from the config while there are any. */
  readonly problems: readonly string[];
}

/**
 * Puts topology files together: files in sluice's own shape and saved output of `ip -j addr`, `route`,
 * `rule` and `neigh`, in any number and order.
 */
export function readTopology(files: readonly TopologyFile[]): ReadTopology {
  const problems: string[] = [];
  const parts = files.map(({ name, content }) => {
    const own = new Problems();
    const part = partOf(content, own);
    problems.push(...own.list.map((p) => `${name}: ${p}`));
    return part;
  });
  const config = joinParts(parts.filter((p) => p !== undefined));
  return { config: { ...config, sysctl: { ...FORWARDING, ...config.sysctl } }, problems };
}

/** A firewall forwards unless its file says otherwise; `ip -j` does not tell. */
export const FORWARDING: Readonly<Record<string, number>> = {
  'net.ipv4.ip_forward': 1,
  'net.ipv6.conf.all.forwarding': 1,
};

function partOf(content: unknown, problems: Problems): TopologyPart | undefined {
  if (isIpJson(content)) return partFromIpJson(content, problems);
  if (isPlain(content)) return partFromYaml(content, problems);
  problems.add('', "neither a topology nor output of 'ip -j addr', 'route', 'rule' or 'neigh'");
  return undefined;
}

/** `eth0 10.0.0.1/24 · eth1 192.0.2.1/24 · default via 192.0.2.254`. */
export function topologyText(config: StackConfig): string {
  const routes = (config.routes ?? []).map((r) => {
    const via = r.via === undefined ? '' : ` via ${r.via}`;
    return `${r.to}${via}${r.device === undefined ? '' : ` dev ${r.device}`}`;
  });
  return [...config.interfaces.map(interfaceText), ...routes].join(' · ');
}

function interfaceText({ name, addresses = [] }: InterfaceConfig): string {
  return [name, ...addresses.map((a) => (typeof a === 'string' ? a : a.address))].join(' ');
}
