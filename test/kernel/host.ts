// A router made of two namespaces of the running kernel: its own, and one where its links end in
// raw sockets. A frame sent into a veth has gone all its way when send(2) returns, so no waiting
// is needed to know what came out.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  disableOffloads,
  type Libc,
  Namespace,
  NetlinkSocket,
  PacketSocket,
  RawSocket,
} from '../../src/linux/index.ts';
import type { Batch } from '../../src/program/index.ts';
import type { SocketConfig } from '../../src/stack/index.ts';
import {
  type Case,
  countsConnections,
  type Interface,
  JIFFY_NS,
  type RuleCounter,
  type resolved,
  type Sent,
  type Topology,
  type XtVariant,
} from './case.ts';
import { command } from './command.ts';
import { loadFingerprints } from './fingerprints.ts';
import { frameFor, packetOf, toHex } from './frames.ts';
import type { Listing } from './listing.ts';
import { sendBatch } from './netlink/send.ts';
import { openSocket } from './sockets.ts';
import { SYSCTL } from './topology.ts';
import { accountingLines, clearXtables, loadXtables, runXtables, xtCounters } from './xtables.ts';

/** nft 1.0.6 wants a block that ends a line closed on a line of its own. */
const forOldNft = (text: string): string => text.replace(/\}(?=\s*(\}|\n|$))/g, '\n}');

/** Real time, in seconds. */
const pause = (seconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, seconds * 1000);
};

const ICMPV6_MLDV2_REPORT = 143;

/** An interface that came up announces its groups after a random time (RFC 3810 §6.1). */
const isMulticastReport = (frame: Uint8Array): boolean =>
  frame[12] === 0x86 && frame[13] === 0xdd && frame[20] === 0 && frame[62] === ICMPV6_MLDV2_REPORT;

const sysctlPath = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

/** Of a module that is not there: there is nothing to switch. */
const known = (name: string): boolean => existsSync(sysctlPath(name));

/** The tenth number behind a name in /proc/net/dev counts what it sent. */
function transmitted(device: string): number {
  const line = readFileSync('/proc/thread-self/net/dev', 'utf8')
    .split('\n')
    .find((l) => l.trim().startsWith(`${device}:`));
  return Number(line?.split(':')[1]?.trim().split(/\s+/)[9]);
}

/** IFNAMSIZ has no room for more. */
const peerOf = (name: string): string => `p-${name.slice(-13)}`;

const hasPeer = ({ bridge }: Interface): boolean => bridge !== true;

/** What a rule without addresses is read by. */
const IP_OPTION = { ip: '-4', ip6: '-6' } as const;

let serial = 0;

/** The namespaces of one topology; close them. */
export class Host {
  readonly #router: Namespace;
  readonly #peer: Namespace;
  readonly #sockets = new Map<string, PacketSocket>();
  readonly #raw: RawSocket;
  readonly #libc: Libc;
  /** Of the case at hand. */
  #opened: number[] = [];
  #fingerprints = (): void => {};
  #hasPolicies = false;
  #hasAccounting = false;
  #variant: XtVariant = 'nft';
  #isPaced = false;
  readonly #topology: Topology;
  readonly #defaults: Record<string, number> = {};
  readonly #names: readonly [string, string];

  constructor(libc: Libc, topology: Topology) {
    const tag = `sl${process.pid}x${serial++}`;
    this.#names = [`${tag}r`, `${tag}p`];
    this.#topology = topology;
    this.#libc = libc;
    command('ip', ['-batch', '-'], this.#names.map((n) => `netns add ${n}`).join('\n'));
    this.#router = new Namespace(libc, this.#names[0]);
    this.#peer = new Namespace(libc, this.#names[1]);
    this.#router.run(() => this.#configure(libc));
    this.#raw = this.#router.run(() => new RawSocket(libc));
    this.#peer.run(() => {
      for (const { name } of topology.interfaces.filter(hasPeer)) {
        disableOffloads(libc, peerOf(name));
        this.#sockets.set(name, new PacketSocket(libc, peerOf(name)));
      }
    });
  }

  #configure(libc: Libc): void {
    // Addresses and links must not send anything of their own: no DAD, MLD or router solicitation.
    this.#sysctls({
      'net.ipv6.conf.default.accept_dad': 0,
      'net.ipv6.conf.default.dad_transmits': 0,
      'net.ipv6.conf.default.router_solicitations': 0,
      'net.ipv6.conf.default.accept_ra': 0,
      'net.ipv6.conf.default.addr_gen_mode': 1,
      // What must be announced all the same is announced at once, in milliseconds (RFC 3810 §9.11).
      'net.ipv6.conf.default.mldv2_unsolicited_report_interval': 1,
      ...SYSCTL,
    });
    this.#makeLinks();
    command('ip', ['-batch', '-'], this.#addressCommands().join('\n'));
    for (const family of ['ip', 'ip6'] as const)
      command('ip', [IP_OPTION[family], '-batch', '-'], this.#ruleCommands(family).join('\n'));
    for (const { name } of this.#topology.interfaces) disableOffloads(libc, name);
  }

  #makeLinks(): void {
    const links = this.#topology.interfaces.flatMap((one) => this.#linkCommands(one));
    const peers = this.#topology.interfaces
      .filter(hasPeer)
      .map(({ name }) => `link set ${peerOf(name)} up arp off`);
    command('ip', ['-batch', '-'], ['link set lo up', ...links].join('\n'));
    this.#peer.run(() => {
      writeFileSync('/proc/sys/net/ipv6/conf/all/disable_ipv6', '1');
      command('ip', ['-batch', '-'], peers.join('\n'));
    });
  }

  #linkCommands({ name, mac, peerMac, mtu, bridge, master }: Interface): string[] {
    const kind = bridge
      ? 'type bridge stp_state 0 forward_delay 0 mcast_snooping 0'
      : `type veth peer name ${peerOf(name)} address ${peerMac} netns ${this.#names[1]}`;
    const join = master === undefined ? [] : [`link set ${name} master ${master}`];
    return [
      `link add ${name} address ${mac} mtu ${mtu ?? 1500} ${kind}`,
      ...join,
      `link set ${name} up`,
    ];
  }

  #addressCommands(): string[] {
    const lines: string[] = [];
    for (const { name, addresses, neighbours, peerMac } of this.#topology.interfaces) {
      for (const address of addresses)
        lines.push(`addr add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`);
      for (const one of neighbours) {
        const [host, mac = peerMac] = one.split(' ');
        lines.push(`neigh add ${host} lladdr ${mac} dev ${name} nud permanent`);
      }
    }
    for (const { to, via, dev, type, table } of this.#topology.routes)
      lines.push(
        `route add ${type ?? ''} ${to} ${via ? `via ${via}` : ''} ${dev ? `dev ${dev}` : ''} ${table ? `table ${table}` : ''}`,
      );
    return lines;
  }

  #ruleCommands(wanted: 'ip' | 'ip6'): string[] {
    return (this.#topology.rules ?? [])
      .filter(({ family = 'ip' }) => family === wanted)
      .map(
        ({ priority, mark, from, table }) =>
          `rule add priority ${priority} ${mark ? `fwmark ${mark}` : ''} ${from ? `from ${from}` : ''} table ${table}`,
      );
  }

  /** Keeps what a case is about to change, for the next one. */
  #remember(values: Readonly<Record<string, number>>): void {
    for (const name of Object.keys(values).filter(known))
      this.#defaults[name] ??= Number(readFileSync(sysctlPath(name), 'utf8'));
  }

  #sysctls(values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values))
      if (known(name)) writeFileSync(sysctlPath(name), String(value));
  }

  load(one: Case): void {
    this.#variant = one.only ?? 'nft';
    this.#isPaced = countsConnections(one);
    this.#router.run(() => {
      this.#remember(one.sysctl ?? {});
      this.#sysctls(one.sysctl ?? {});
      for (const socket of one.sockets ?? []) this.#open(socket);
      this.#hasPolicies = one.policies !== undefined;
      this.#hasAccounting = one.xtables?.nfacct !== undefined;
      for (const line of one.policies ?? []) command('nfct', line.split(' '));
      if (one.fingerprints !== undefined) this.#fingerprints = loadFingerprints(one.fingerprints);
      command('nft', ['-f', '-'], forOldNft(one.ruleset ?? ''));
      loadXtables(one);
      if (one.rules !== undefined) this.#apply(one.rules);
    });
    this.#drain();
  }

  /**
   * Waits until the interfaces have announced their multicast groups, twice (RFC 3810 §9.1), or, for
   * fewer seconds, until the ports of a bridge have noticed that they are up.
   */
  settle(seconds = 2.5): void {
    pause(seconds);
    this.#drain();
  }

  /** @throws where the kernel refuses it */
  #apply(batch: Batch): void {
    const netlink = new NetlinkSocket(this.#libc);
    const { refused } = sendBatch(netlink, batch);
    netlink.close();
    if (refused.length > 0) throw new Error(refused.join('\n'));
  }

  /** @param words of ip(8) */
  #network(words: readonly string[]): void {
    this.#router.run(() => command('ip', words));
    // Connections are looked through by a worker of the kernel.
    pause(0.2);
  }

  #open(socket: SocketConfig): void {
    openSocket(this.#libc, socket, (fd) => this.#opened.push(fd));
  }

  /** Takes back what is no state of the namespace. */
  #leave(): void {
    this.#fingerprints();
    this.#fingerprints = () => {};
    for (const fd of this.#opened) this.#libc.close(fd);
    this.#opened = [];
  }

  flush(): void {
    this.#leave();
    this.#router.run(() => {
      command('nft', ['flush', 'ruleset']);
      clearXtables(this.#variant);
      command('conntrack', ['-F']);
      if (this.#hasPolicies) command('nfct', ['flush', 'timeout']);
      if (this.#hasAccounting) command('nfacct', ['flush']);
      // Neighbours that were asked for; the permanent ones stay.
      command('ip', ['neigh', 'flush', 'all']);
      for (const { name } of this.#topology.interfaces.filter((one) => !hasPeer(one)))
        command('bridge', ['fdb', 'flush', 'dev', name, 'dynamic']);
      this.#sysctls({ ...this.#defaults, ...SYSCTL });
    });
  }

  /** Runs something in the router's namespace; processes it starts stay there. */
  run<T>(work: () => T): T {
    return this.#router.run(work);
  }

  /** The socket at the far end of an interface. */
  socket(name: string): PacketSocket {
    return this.#sockets.get(name)!;
  }

  /** Everything the interfaces sent since the last look. */
  step(step: ReturnType<typeof resolved>): Sent[] {
    if ('look' in step) return [];
    if (this.#isPaced) pause(JIFFY_NS / 1e9);
    if ('wait' in step) pause(step.wait);
    else if ('gone' in step) this.#network(['addr', 'del', step.gone, 'dev', step.dev]);
    else if ('link' in step) this.#network(['link', 'set', step.dev, step.link]);
    else if ('nft' in step) this.#change(step.nft, step.refused ?? false);
    else if ('run' in step)
      this.#router.run(() => runXtables(step.run, this.#variant, step.refused ?? false));
    else if ('local' in step) this.#raw.send(packetOf(step.local));
    else this.#sockets.get(step.on)!.send(frameFor(step.packet, this.#interface(step.on)));
    return this.#drain();
  }

  #change(text: string, refused: boolean): void {
    let answer: unknown;
    try {
      this.#router.run(() => command('nft', ['-f', '-'], forOldNft(text)));
    } catch (error) {
      answer = error;
    }
    if ((answer !== undefined) !== refused)
      throw new Error(`nft ${refused ? 'took' : 'refused'} ${text}: ${String(answer)}`);
  }

  #interface(name: string) {
    return this.#topology.interfaces.find((i) => i.name === name)!;
  }

  #drain(): Sent[] {
    const sent: Sent[] = [];
    for (const [device, socket] of this.#sockets)
      for (const frame of socket.drain())
        if (!isMulticastReport(frame)) sent.push({ device, frame: toHex(frame) });
    return sent;
  }

  /** Packets that the interfaces have sent so far. */
  forwarded(): number {
    return this.#router.run(() =>
      this.#topology.interfaces.reduce((sum, { name }) => sum + transmitted(name), 0),
    );
  }

  conntrack(): string[] {
    const text = this.#router.run(() => readFileSync('/proc/thread-self/net/nf_conntrack', 'utf8'));
    return text.split('\n').filter((line) => line !== '');
  }

  expectations(): string[] {
    const families = ['ipv4', 'ipv6'];
    const texts = this.#router.run(() =>
      families.map((family) => command('conntrack', ['-L', 'expect', '-f', family])),
    );
    return texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  }

  /** What xtables' rules and policies of a case counted. */
  xtCounters(one: Case): RuleCounter[] {
    return this.#router.run(() => xtCounters(one));
  }

  /** What the accounting objects of a case have counted. */
  accounting(one: Case): string[] {
    return this.#router.run(() => accountingLines(one));
  }

  listing(): Listing {
    return JSON.parse(this.#router.run(() => command('nft', ['-j', 'list', 'ruleset'])));
  }

  close(): void {
    this.#leave();
    for (const socket of this.#sockets.values()) socket.close();
    this.#raw.close();
    this.#router.close();
    this.#peer.close();
    command('ip', ['-batch', '-'], this.#names.map((n) => `netns del ${n}`).join('\n'));
  }
}
