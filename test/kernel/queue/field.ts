// A client, a router whose queues are under test, and a server: three namespaces of the running
// kernel with real sockets. Offloads stay on, so packets come with unfinished checksums and uncut.

import { QueueRules, type RulesRequest } from '../../../src/cli/commands/queue/rules.ts';
import {
  checked,
  type Libc,
  Namespace,
  PacketSocket,
  QueueSocket,
  type QueueSocketOptions,
  systemClock,
} from '../../../src/linux/index.ts';
import { QueueRunner, type RunnerOptions } from '../../../src/queue/index.ts';
import { command } from '../command.ts';
import { sockaddr } from '../sockets.ts';
import { until } from '../until.ts';

const [AF_INET, AF_INET6, SOCK_DGRAM] = [2, 10, 2];
const MSG_DONTWAIT = 0x40;

export type Place = 'client' | 'router' | 'server';

/** Addresses by family; the router's is the one its client sees. */
export const ADDRESS = {
  ip: { client: '10.81.1.2', router: '10.81.1.1', server: '10.81.2.2' },
  ip6: { client: '2001:db8:1::2', router: '2001:db8:1::1', server: '2001:db8:2::2' },
} as const;
export type Family = keyof typeof ADDRESS;

/** A UDP socket of one namespace. */
export class Datagrams {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(65536);

  constructor(libc: Libc, family: Family, address: string, port: number) {
    this.#libc = libc;
    const domain = family === 'ip' ? AF_INET : AF_INET6;
    this.#fd = checked(libc, 'socket', libc.socket(domain, SOCK_DGRAM, 0));
    const local = sockaddr(address, port);
    checked(libc, 'bind', libc.bind(this.#fd, local, local.length));
  }

  send(text: string | Uint8Array, address: string, port: number): void {
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
    const to = sockaddr(address, port);
    const sent = this.#libc.sendto(this.#fd, bytes, bytes.length, 0, to, to.length);
    // A hook that drops local output says so with EPERM, which is no mistake of the test's.
    if (sent < 0 && this.#libc.errno() !== 1) checked(this.#libc, 'sendto', sent);
  }

  /** What has come and was not read yet. */
  receiveNow(): string | undefined {
    const bytes = this.#take();
    return bytes && new TextDecoder().decode(bytes);
  }

  #take(): Uint8Array | undefined {
    const length = this.#libc.recv(this.#fd, this.#buffer, this.#buffer.length, MSG_DONTWAIT);
    return length < 0 ? undefined : this.#buffer.subarray(0, length);
  }

  async receive(): Promise<string> {
    return new TextDecoder().decode(await this.receiveBytes());
  }

  /** They hold until the next call. */
  async receiveBytes(): Promise<Uint8Array> {
    let got: Uint8Array | undefined;
    await until('a datagram', () => {
      got = this.#take();
      return got !== undefined;
    });
    return got!;
  }

  close(): void {
    this.#libc.close(this.#fd);
  }
}

let serial = 0;

export class QueueField {
  readonly libc: Libc;
  readonly #tag = `slq${process.pid}x${serial++}`;
  readonly #namespaces: Readonly<Record<Place, Namespace>>;
  #closing: (() => void | Promise<void>)[] = [];

  constructor(libc: Libc) {
    this.libc = libc;
    const places: readonly Place[] = ['client', 'router', 'server'];
    for (const place of places) this.#ip('netns', 'add', this.name(place));
    this.#link('client', 'eth0', 1);
    this.#link('server', 'eth1', 2);
    this.exec('router', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    this.#namespaces = Object.fromEntries(
      places.map((place) => [place, new Namespace(libc, this.name(place))]),
    ) as Record<Place, Namespace>;
  }

  name(place: Place): string {
    return `${this.#tag}${place[0]}`;
  }

  #ip(...words: readonly string[]): void {
    command('ip', words);
  }

  #link(place: 'client' | 'server', device: string, net: number): void {
    const [router, there] = [this.name('router'), this.name(place)];
    this.exec(place, 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0');
    this.exec('router', 'sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0');
    const peer = ['peer', 'name', 'eth0', 'netns', there];
    this.#ip('-n', router, 'link', 'add', device, 'type', 'veth', ...peer);
    for (const [netns, dev, host] of [
      [router, device, 1],
      [there, 'eth0', 2],
    ] as const) {
      this.#ip('-n', netns, 'link', 'set', 'lo', 'up');
      this.#ip('-n', netns, 'link', 'set', dev, 'up');
      this.#ip('-n', netns, 'addr', 'add', `10.81.${net}.${host}/24`, 'dev', dev);
      const v6 = `2001:db8:${net}::${host}/64`;
      this.#ip('-n', netns, 'addr', 'add', v6, 'dev', dev, 'nodad');
    }
    this.#ip('-n', there, 'route', 'add', 'default', 'via', `10.81.${net}.1`);
    this.#ip('-n', there, '-6', 'route', 'add', 'default', 'via', `2001:db8:${net}::1`);
  }

  exec(place: Place, ...words: readonly string[]): string {
    return command('ip', ['netns', 'exec', this.name(place), ...words]);
  }

  /** In the namespace, for the time of the call. */
  run<T>(place: Place, inside: () => T): T {
    return this.#namespaces[place].run(inside);
  }

  namespace(place: Place): Namespace {
    return this.#namespaces[place];
  }

  /** To be undone when the test is over, last things first. */
  after(undo: () => void | Promise<void>): void {
    this.#closing.unshift(undo);
  }

  datagrams(place: Place, family: Family, port: number): Datagrams {
    const socket = this.run(
      place,
      () => new Datagrams(this.libc, family, ADDRESS[family][place], port),
    );
    this.after(() => socket.close());
    return socket;
  }

  /** One with another address of the calling thread's namespace; to be closed by who asks. */
  socketAt(address: string, port: number): Datagrams {
    return new Datagrams(this.libc, 'ip', address, port);
  }

  /** Frames as they arrive, from now on. */
  capture(place: Place, device: string): PacketSocket {
    const socket = this.run(place, () => new PacketSocket(this.libc, device));
    this.after(() => socket.close());
    return socket;
  }

  /** Rules of the router that send what matches to queues. */
  rules(match: string, request: Partial<RulesRequest> = {}): QueueRules {
    const first = request.first ?? 5;
    const rules = new QueueRules(
      this.libc,
      { hooks: ['forward'], priority: -150, bypass: true, last: first, ...request, match, first },
      this.#namespaces.router,
    );
    this.after(() => rules.remove());
    return rules;
  }

  /** A handler on a queue of the router. */
  async queue(
    handler: unknown,
    options: Partial<QueueSocketOptions> = {},
    running: Partial<RunnerOptions> = {},
  ) {
    const socket = new QueueSocket(this.libc, { queue: 5, ...options }, this.#namespaces.router);
    const errors: unknown[] = [];
    const observer = { failed: (_: unknown, __: unknown, error: unknown) => errors.push(error) };
    const runner = new QueueRunner({
      handler,
      transport: socket,
      clock: systemClock(),
      observer,
      ...running,
    });
    await runner.start();
    this.after(() => runner.stop());
    return { socket, runner, errors };
  }

  /** Packets a rule of nft's counted in the router. */
  counted(table: string): number {
    const { nftables } = JSON.parse(
      this.exec('router', 'nft', '-j', 'list', 'table', 'inet', table),
    );
    const rules = nftables.flatMap((one: { rule?: { expr: object[] } }) => one.rule?.expr ?? []);
    const counters = rules.flatMap((e: { counter?: { packets: number } }) => e.counter ?? []);
    return counters.reduce((sum: number, c: { packets: number }) => sum + c.packets, 0);
  }

  /** Counts what matches, at a hook of the router. */
  count(table: string, hook: string, match: string, priority = 200): void {
    const text = `table inet ${table} { chain c { type filter hook ${hook} priority ${priority}; ${match} counter; }; }`;
    this.exec('router', 'nft', text);
    this.after(() => void this.exec('router', 'nft', 'delete', 'table', 'inet', table));
  }

  /** Datagrams that a namespace's kernel found a wrong checksum in. */
  wrongChecksums(place: Place): number {
    const text =
      this.exec(place, 'cat', '/proc/net/snmp') + this.exec(place, 'cat', '/proc/net/snmp6');
    const lines = text.split('\n');
    const total = (prefix: string): number => {
      const [names, values] = lines
        .filter((l) => l.startsWith(`${prefix}:`))
        .map((l) => l.split(' '));
      return Number(values?.[names?.indexOf('InCsumErrors') ?? -1] ?? 0);
    };
    const six = lines
      .filter((l) => l.startsWith('Udp6InCsumErrors'))
      .map((l) => Number(l.split(/\s+/)[1]));
    return total('Udp') + total('Tcp') + six.reduce((a, b) => a + b, 0);
  }

  /** After each test. */
  async reset(): Promise<void> {
    const closing = this.#closing;
    this.#closing = [];
    for (const undo of closing) await undo();
  }

  close(): void {
    for (const place of ['client', 'router', 'server'] as const) {
      this.#namespaces[place].close();
      this.#ip('netns', 'del', this.name(place));
    }
  }
}
