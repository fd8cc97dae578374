// What trace and replay share: rulesets, topology and the firewall made of them.
import type { SavedTimeouts } from '../conntrack/index.ts';
import type { Fingerprint, ManualClock, NetDevice, Random, Tracer } from '../core/index.ts';
import { seeded } from '../core/index.ts';
import { parseFingerprints } from '../engine/index.ts';
import {
  createFirewall,
  type Firewall,
  hintsOf,
  inferTopology,
  type Loaded,
  readTopology,
  type Sighting,
  topologyText,
} from '../lab/index.ts';
import type { StackConfig } from '../stack/index.ts';
import { Failure, fileFailure } from './failure.ts';
import type { Host } from './host.ts';

export interface NetworkRequest {
  readonly rulesets: readonly string[];
  readonly topologies: readonly string[];
  readonly defines: Readonly<Record<string, string>>;
  /** A pf.os file. */
  readonly fingerprints?: string | undefined;
  /** A state file with timeout policies. */
  readonly timeouts?: string | undefined;
  readonly seed: number;
  /** `0=handler.ts`: who listens on which queue. */
  readonly queues?: readonly string[];
}

/** Reads topology files: JSON where it begins like JSON, else YAML. */
async function topologyFile(path: string, host: Host): Promise<{ name: string; content: unknown }> {
  const text = await host.readText(path).catch((error: unknown) => {
    throw fileFailure(path, error);
  });
  try {
    if (/^\s*[[{]/.test(text)) return { name: path, content: JSON.parse(text) };
    const { parseYaml } = await import('./yaml.ts');
    return { name: path, content: parseYaml(text) };
  } catch (error) {
    throw new Failure(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What `osf` goes by; none without a file. */
export async function givenFingerprints(
  { fingerprints: path }: NetworkRequest,
  host: Host,
): Promise<readonly Fingerprint[]> {
  if (path === undefined) return [];
  const text = await host.readText(path).catch((error: unknown) => {
    throw fileFailure(path, error);
  });
  const { fingerprints, problems } = parseFingerprints(text);
  const told = problems.map(({ line, message }) => `${path}:${line}: ${message}`);
  if (told.length > 0) throw new Failure(told.join('\nsluice: '));
  return fingerprints;
}

/** The policies that `CT --timeout` may name; undefined where nobody says which there are. */
export async function givenTimeouts({
  timeouts: path,
}: NetworkRequest): Promise<SavedTimeouts | undefined> {
  if (path === undefined) return undefined;
  const { Store } = await import('./commands/nft-store.ts');
  return new Store(path).read().state.timeouts ?? { policies: [], defaults: {} };
}

async function givenTopology(paths: readonly string[], host: Host): Promise<StackConfig> {
  const files = await Promise.all(paths.map((path) => topologyFile(path, host)));
  const { config, problems } = readTopology(files);
  if (problems.length > 0) throw new Failure(problems.join('\nsluice: '));
  return config;
}

/** Where packets are to go: what a person described, or undefined where it is to be inferred. */
export const describedNetwork = async (
  request: NetworkRequest,
  host: Host,
): Promise<StackConfig | undefined> =>
  request.topologies.length > 0 ? givenTopology(request.topologies, host) : undefined;

/** Indexes of the interfaces a topology has, as the stack numbers them. */
export function interfaceIndexes(network: StackConfig | undefined): Record<string, number> {
  const indexes: Record<string, number> = {};
  let next = 2;
  for (const { name, index } of network?.interfaces ?? []) {
    const given = index ?? next;
    indexes[name] = given;
    next = Math.max(next, given) + 1;
  }
  return indexes;
}

/** A network from the ruleset and the packets; it is said, so that a person can say otherwise. */
export function assumedNetwork(
  loaded: Loaded,
  sightings: readonly Sighting[],
  host: Host,
): StackConfig {
  const hints = hintsOf([loaded.program]);
  const named = Object.keys(loaded.interfaces).filter((name) => name !== 'lo');
  const devices = [...new Set([...hints.devices, ...named])];
  const inferred = inferTopology({ ...hints, devices }, sightings);
  host.err(`no topology given (-t), assumed: ${topologyText(inferred)}\n`);
  // Rules that name an interface by its index were compiled with the one it was given.
  const taken = new Set(Object.values(loaded.interfaces));
  let next = 1;
  const interfaces = inferred.interfaces.map((i) => {
    const known = loaded.interfaces[i.name];
    if (known !== undefined) return { ...i, index: known };
    do next++;
    while (taken.has(next));
    return { ...i, index: next };
  });
  return { ...inferred, interfaces };
}

export interface FirewallParts {
  readonly network: StackConfig;
  readonly loaded: Loaded;
  readonly clock: ManualClock;
  readonly seed: number;
  readonly fingerprints: readonly Fingerprint[];
  readonly timeouts: SavedTimeouts | undefined;
  readonly tracer: Tracer;
  readonly transmitted?: (device: NetDevice, frame: Uint8Array) => void;
}

/** Builds the firewall; addresses and routes that contradict each other are the person's mistake. */
export function buildFirewall(parts: FirewallParts): Firewall {
  const random: Random = seeded(parts.seed);
  try {
    const { timeouts, ...rest } = parts;
    return createFirewall({
      ...rest,
      ...(timeouts && { timeouts }),
      random,
      ipsets: parts.loaded.ipsets,
      ...(parts.loaded.accounting && { accounting: parts.loaded.accounting }),
      rulesets: [parts.loaded.batch],
    });
  } catch (error) {
    if (error instanceof RangeError) throw new Failure(`topology: ${error.message}`);
    throw error;
  }
}
