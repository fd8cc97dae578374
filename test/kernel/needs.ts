// What the kernel suite needs of the machine. Root on Debian installs it; anybody else is told.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PROGRAMS = {
  nft: 'nftables',
  conntrack: 'conntrack',
  nfct: 'nfct',
  ip: 'iproute2',
  nfnl_osf: 'iptables',
  ipset: 'ipset',
} as const;

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;

const absent = (programs: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(programs).filter(([program]) => !has(program));

/** Why a test that needs further programs, by the packages they are in, cannot run; or undefined. */
export function missingToo(programs: Readonly<Record<string, string>>): string | undefined {
  return missing() ?? lacking(programs);
}

function lacking(programs: Readonly<Record<string, string>>): string | undefined {
  if (absent(programs).length > 0) install(absent(programs).map(([, name]) => name));
  const still = absent(programs).map(([program]) => program);
  return still.length > 0 ? `${still.join(', ')} not installed` : undefined;
}

let answer: { readonly reason: string | undefined } | undefined;

/** Why the kernel suite cannot run here, or undefined. Asks once, and installs what it may. */
export function missing(): string | undefined {
  answer ??= { reason: look() };
  return answer.reason;
}

function look(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  return lacking(PROGRAMS) ?? namespaces();
}

function install(packages: readonly string[]): void {
  if (!existsSync('/etc/debian_version')) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-q'], { env, stdio: 'ignore' });
  const args = ['install', '-qy', '--no-install-recommends', ...packages];
  spawnSync('apt-get', args, { env, stdio: 'ignore' });
}

/** A container may be root and still not allowed to make namespaces or load rules. */
function namespaces(): string | undefined {
  const name = `slneed${process.pid}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'may not make namespaces';
  const nft = spawnSync('ip', ['netns', 'exec', name, 'nft', 'add', 'table', 'inet', 't']);
  spawnSync('ip', ['netns', 'del', name]);
  return nft.status === 0 ? undefined : 'no nf_tables in this kernel';
}
