// What the kernel suite needs of the machine. Root on Debian has it installed before the first file runs;
// anybody else is told.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Without these no test of the suite can run; by the packages they are in. */
const BASE = {
  nft: 'nftables',
  conntrack: 'conntrack',
  nfct: 'nfct',
  ip: 'iproute2',
  nfnl_osf: 'iptables',
  ipset: 'ipset',
} as const;

/** Clients and servers of single files. */
const FURTHER = {
  curl: 'curl',
  dig: 'bind9-dnsutils',
  dnsmasq: 'dnsmasq-base',
  dumpcap: 'tshark',
  'in.tftpd': 'tftpd-hpa',
  lftp: 'lftp',
  nginx: 'nginx-light',
  ping: 'iputils-ping',
  sipp: 'sip-tester',
  vsftpd: 'vsftpd',
} as const;

type Program = keyof typeof FURTHER;

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;

const absent = <T extends string>(programs: readonly T[]): T[] => programs.filter((p) => !has(p));

/** Why a test that needs further programs cannot run, or undefined. */
export const missingToo = (...programs: readonly Program[]): string | undefined =>
  missing() ?? lacking(programs);

function lacking(programs: readonly string[]): string | undefined {
  const none = absent(programs);
  return none.length > 0 ? `${none.join(', ')} not installed` : undefined;
}

let answer: { readonly reason: string | undefined } | undefined;

/** Why the kernel suite cannot run here, or undefined. Asks once. */
export function missing(): string | undefined {
  answer ??= { reason: look() };
  return answer.reason;
}

function look(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  return lacking(Object.keys(BASE)) ?? namespaces();
}

/** A container may be root and still not allowed to make namespaces or load rules. */
function namespaces(): string | undefined {
  const name = `slneed${process.pid}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'may not make namespaces';
  const nft = spawnSync('ip', ['netns', 'exec', name, 'nft', 'add', 'table', 'inet', 't']);
  spawnSync('ip', ['netns', 'del', name]);
  return nft.status === 0 ? undefined : 'no nf_tables in this kernel';
}

/** Before files run, which may be side by side: dpkg has one lock. */
export function installNeeds(): void {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return;
  const packages = { ...BASE, ...FURTHER };
  const none = absent(Object.keys(packages) as (keyof typeof packages)[]);
  if (none.length === 0) return;
  process.stderr.write(`sluice: installing what the kernel suite needs: ${none.join(', ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update', '-q'], { env, stdio: 'ignore' });
  const args = ['install', '-qy', '--no-install-recommends', ...none.map((p) => packages[p])];
  spawnSync('apt-get', args, { env, stdio: 'ignore' });
}
