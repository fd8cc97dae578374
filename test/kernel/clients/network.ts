// A client, a router and a server as namespaces of the kernel, with what passes the router captured.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PacketRecord, readCapture } from '../../../src/capture/index.ts';

export const ADDRESSES = {
  ip: { client: '10.0.0.2', server: '192.0.2.2' },
  ip6: { client: '2001:db8::2', server: '2001:db8:1::2' },
} as const;

/** Link addresses of the router, so that a capture tells what it received. */
export const ROUTER_MACS = { lan: '02:00:00:00:01:00', wan: '02:00:00:00:01:01' } as const;

const must = (program: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
};

const pause = (seconds: number): void => {
  spawnSync('sleep', [String(seconds)]);
};

export class ClientNetwork {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-clients-'));
  readonly #id = `slc${process.pid}`;
  readonly #children: ChildProcess[] = [];

  constructor() {
    for (const name of ['c', 'r', 's']) must('ip', 'netns', 'add', this.#ns(name));
    this.#link('c', 'lan', ADDRESSES.ip.client, ADDRESSES.ip6.client, ROUTER_MACS.lan);
    this.#link('s', 'wan', ADDRESSES.ip.server, ADDRESSES.ip6.server, ROUTER_MACS.wan);
    for (const key of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding'])
      this.run('r', 'sysctl', '-qw', `${key}=1`);
  }

  #ns(name: string): string {
    return `${this.#id}${name}`;
  }

  /** One end in a host with a default route, the other in the router; no offloads that a capture shows. */
  #link(host: string, name: string, four: string, six: string, mac: string): void {
    const [end, router] = [`${this.#id}x`, `${this.#id}y`];
    must('ip', 'link', 'add', end, 'type', 'veth', 'peer', 'name', router);
    must('ip', 'link', 'set', end, 'netns', this.#ns(host), 'name', 'eth0');
    must('ip', 'link', 'set', router, 'netns', this.#ns('r'), 'name', name);
    this.run('r', 'ip', 'link', 'set', name, 'address', mac);
    const addresses = [
      [host, 'eth0', four, six],
      ['r', name, four.replace(/\d+$/, '1'), six.replace(/\d+$/, '1')],
    ] as const;
    for (const [where, device, v4, v6] of addresses) {
      this.run(where, 'ip', 'addr', 'add', `${v4}/24`, 'dev', device);
      this.run(where, 'ip', 'addr', 'add', `${v6}/64`, 'dev', device, 'nodad');
      this.run(where, 'ip', 'link', 'set', device, 'up');
      this.run(where, 'ip', 'link', 'set', 'lo', 'up');
    }
    this.run(host, 'ip', 'route', 'add', 'default', 'via', four.replace(/\d+$/, '1'));
    this.run(host, 'ip', '-6', 'route', 'add', 'default', 'via', six.replace(/\d+$/, '1'));
  }

  /** Runs a program to its end in one of the namespaces. @throws Error where it fails */
  run(where: string, ...command: readonly string[]): string {
    return must('ip', 'netns', 'exec', this.#ns(where), ...command);
  }

  start(where: string, ...command: readonly string[]): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.#ns(where), ...command], { stdio: 'ignore' });
    this.#children.push(child);
    return child;
  }

  load(ruleset: string): void {
    const path = join(this.folder, 'rules.nft');
    writeFileSync(path, ruleset);
    this.run('r', 'nft', 'flush', 'ruleset');
    this.run('r', 'nft', '-f', path);
    this.run('r', 'conntrack', '-F');
  }

  /** What passes while a client works, in the order it came, and what the kernel expected meanwhile. */
  watch(work: () => void): { packets: readonly PacketRecord[]; expected: string; entries: string } {
    const [pcap, log] = [join(this.folder, 'seen.pcapng'), join(this.folder, 'expected.txt')];
    const capture = this.start('r', 'dumpcap', '-q', '-i', 'lan', '-i', 'wan', '-w', pcap);
    const events = this.start('r', 'sh', '-c', `exec stdbuf -oL conntrack -E expect > ${log}`);
    pause(1.5);
    work();
    pause(0.7);
    const entries = ['ipv4', 'ipv6'].map((f) => this.run('r', 'conntrack', '-L', '-f', f)).join('');
    capture.kill('SIGINT');
    events.kill('SIGINT');
    pause(0.7);
    const { packets } = readCapture(new Uint8Array(readFileSync(pcap)));
    return { packets: inOrder(packets), expected: readFileSync(log, 'utf8'), entries };
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const name of ['c', 'r', 's']) spawnSync('ip', ['netns', 'del', this.#ns(name)]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const timeOf = (packet: PacketRecord): number => packet.seconds * 1e9 + packet.nanoseconds;

const inOrder = (packets: readonly PacketRecord[]): PacketRecord[] =>
  [...packets].sort((a, b) => a.seconds - b.seconds || a.nanoseconds - b.nanoseconds);
