// One test of the vectors: its flows, its frames, the commands in its namespaces, and what it expects.

import { hex, unhex } from '../../../../src/bytes/index.ts';
import type { TupleFields } from '../../../../src/conntrack/index.ts';
import { NS_PER_SECOND } from '../../../../src/core/index.ts';
import { Switch } from './datapath.ts';
import { portNumber } from './fields.ts';
import { joinLines, parseFlow, parsePacketOut } from './flows.ts';
import { Host, packetBytes } from './hosts.ts';
import { listConnections } from './listing.ts';
import { type Client, getFtp, getHttp, getTftp, sayOnce, startServers } from './programs.ts';

export interface Event {
  readonly flows?: readonly string[];
  readonly packet_out?: string;
  readonly sendpkt?: string;
  readonly compose?: string;
  readonly spec?: string;
  readonly flush?: string;
  readonly ns?: string;
  readonly run?: string;
  readonly expect_ct?: readonly string[];
  readonly filter?: string;
  readonly expect_wire?: string;
  readonly port?: string;
}

export interface Test {
  readonly name: string;
  readonly events: readonly Event[];
}

/** What was seen instead of what is expected, by check; each at most once. */
export type Findings = Map<'entries' | 'wire' | 'commands', string>;

const HOSTS = 6;
const FRAMES_MAX = 5000;

/** Of a segment between two flushes, which set of flows is in force. */
export type Assignment = readonly number[];

export class Run {
  readonly #switch: Switch;
  readonly #hosts: readonly Host[];
  readonly #queue: (() => void)[] = [];
  /** Frames that went out, by port. */
  readonly #wire = new Map<number, string[]>();
  readonly #sets: (readonly string[])[];
  readonly #assignment: Assignment;
  readonly #composed = new Map<string, string>();
  readonly findings: Findings = new Map();
  #segment = 0;

  constructor(test: Test, assignment: Assignment) {
    // Where there is no at_ns0, namespaces count with the ports.
    const first = test.events.some(({ ns }) => ns === 'at_ns0') ? 1 : 0;
    this.#hosts = Array.from({ length: HOSTS }, (_, i) => this.#host(i, i + first));
    this.#switch = new Switch(
      (port, frame) => this.#output(port, frame),
      ({ inPort, packet }) => {
        const owner = this.#hosts.find((h) => h.owns(destination(packet.frameBytes())));
        return owner === undefined || owner.port === inPort ? [] : [owner.port];
      },
    );
    this.#sets = test.events.flatMap(({ flows }) =>
      flows === undefined ? [] : [joinLines(flows).filter((line) => !isPacketOut(line))],
    );
    this.#assignment = assignment;
    this.#adopt(test.events);
  }

  /** Addresses that the commands of a test give hosts in passing, by the hardware address behind them. */
  #adopt(events: readonly Event[]): void {
    const macs = new Map<string, Host>();
    for (const { ns, run = '' } of events) {
      const mac = /ip (?:-6 )?link set dev p\d+ address ([\da-f:]+)/i.exec(run)?.[1];
      const host = this.#hosts[Number(ns?.replace('at_ns', ''))];
      if (mac !== undefined && host !== undefined) macs.set(mac, host);
    }
    for (const { run = '' } of events) {
      const known = /(?:arp -s|neigh add) ([\d.]+)(?: lladdr)? ([\da-f:]+)/i.exec(run);
      const [, address = '', mac = ''] = known ?? [];
      if (known !== null && !this.#hosts.some((h) => h.owns(address)))
        macs.get(mac)?.adopt(address);
    }
  }

  #host(i: number, port: number): Host {
    const name = { ip: `10.1.1.${i + (port > i ? 1 : 0)}`, ip6: `fc00::${i + 1}`, port };
    const host = new Host(name, (frame) => {
      this.#queue.push(() => this.#switch.receive(frame, port));
    });
    startServers(host);
    return host;
  }

  #output(port: number, frame: Uint8Array): void {
    const sent = this.#wire.get(port) ?? [];
    this.#wire.set(port, [...sent, hex(frame)]);
    const host = this.#hosts.find((h) => h.port === port);
    if (host !== undefined) this.#queue.push(() => host.receive(frame));
  }

  /** Lets everything arrive, and then a while pass. */
  #settle(): void {
    for (let n = 0; this.#queue.length > 0; n++) {
      if (n === FRAMES_MAX) throw new RangeError('the network does not come to rest');
      this.#queue.shift()!();
    }
    this.#switch.clock.advance(0.3 * NS_PER_SECOND);
  }

  all(events: readonly Event[]): Findings {
    this.#load();
    for (const event of events) this.#one(event);
    return this.findings;
  }

  #load(): void {
    const lines = this.#sets[this.#assignment[this.#segment] ?? 0] ?? [];
    this.#switch.flows = lines
      .map(parseFlow)
      .filter((f) => !f.matches.some((m) => m.field === 'arp'));
  }

  #one(event: Event): void {
    for (const line of joinLines(event.flows ?? []))
      if (isPacketOut(line)) this.#packetOut(line.replace(/^\W*packet-out\s*/, ''));
    if (event.packet_out !== undefined) this.#packetOut(event.packet_out);
    if (event.compose !== undefined) this.#compose(event.compose, event.spec ?? '');
    if (event.sendpkt !== undefined)
      throw new SyntaxError('the vectors name a packet without its bytes');
    if (event.flush !== undefined) this.#flush(event.flush);
    if (event.run !== undefined) this.#command(event.ns ?? '', event.run);
    this.#settle();
    if (event.expect_ct !== undefined) this.#expectEntries(event.expect_ct, event.filter ?? '');
    if (event.expect_wire !== undefined) this.#expectWire(event.expect_wire, event.port ?? '');
  }

  /** ovs-ofctl compose-packet: a TCP packet of one flag. */
  #compose(name: string, spec: string): void {
    const field = (key: string): string => new RegExp(`\\b${key}=([\\w.:]+)`).exec(spec)?.[1] ?? '';
    const ends = `${field('nw_src')}:${field('tcp_src')} > ${field('nw_dst')}:${field('tcp_dst')}`;
    const bytes = packetBytes(`tcp ${ends} ${field('tcp_flags')}`);
    const macs = `${field('eth_dst')}${field('eth_src')}`.replaceAll(':', '');
    this.#composed.set(`\${${name}}`, `${macs}0800${hex(bytes)}`);
  }

  #packetOut(line: string): void {
    const { inPort, packet: named, actions } = parsePacketOut(line);
    const packet = this.#composed.get(named) ?? named;
    this.#switch.receive(unhex(packet.toLowerCase()), portNumber(inPort), actions);
  }

  /** `ct_nw_src=…,ct_nw_dst=…` alone, or everything. */
  #flush(text: string): void {
    const wanted = Object.fromEntries(
      [...text.matchAll(/ct_nw_(src|dst)=([\w.:]+)/g)].map(([, end, address]) => [end!, address!]),
    );
    const { connections } = this.#switch.ct;
    if (Object.keys(wanted).length === 0) {
      connections.flush();
      this.#segment++;
      this.#load();
    } else connections.delete({ original: wanted as Partial<TupleFields> });
  }

  #command(ns: string, text: string): void {
    const host = this.#hosts[Number(ns.replace('at_ns', ''))];
    if (host === undefined) return;
    const client = this.#start(host, text);
    if (client === undefined) return;
    this.#settle();
    const expected = /\), \[(\d+)\]|\]\], \[(\d+)\]/.exec(text);
    if (expected === null) return;
    const wanted = (expected[1] ?? expected[2]) === '0';
    if (client.done !== wanted && !this.findings.has('commands'))
      this.findings.set(
        'commands',
        `${ns} ${text.slice(0, 60)}: ${client.done ? 'came through' : 'did not come through'}`,
      );
  }

  /** Undefined for commands that send nothing, such as those of ip and arp. */
  #start(host: Host, text: string): Client | undefined {
    const http = /OVS_GET_HTTP\(\[+([\w.:]+)\]+/.exec(text);
    if (http !== null) return getHttp(host, http[1]!);
    const ftp = /OVS_GET_FTP(_ACTIVE)?\(\[+([\w.:]+)\]+(.*)/.exec(text);
    if (ftp !== null)
      return getFtp(host, ftp[2]!, {
        active: ftp[1] !== undefined,
        port: ftp[3]!.includes('--disable-eprt'),
      });
    const tftp = /tftp:\/\/([\d.]+)\//.exec(text);
    if (tftp !== null) return getTftp(host, tftp[1]!);
    const nc = /\bnc\b(.*?) ([\da-f.:]+) (\d+)\b/.exec(text);
    if (nc !== null) return this.#netcat(host, nc[1]!, nc[2]!, Number(nc[3]));
    const ping = /\bping6? .*?((?:\d+\.){3}\d+|[\da-f]+:[\da-f:]+)/.exec(text);
    return ping === null ? undefined : this.#ping(host, ping[1]!, text);
  }

  #netcat(host: Host, options: string, to: string, port: number): Client {
    if (!options.includes('-u')) return sayOnce(host, to, port);
    host.sendDatagram(to, host.freePort(), port, 'a\n');
    return { done: true };
  }

  #ping(host: Host, to: string, text: string): Client {
    const count = Number(/-c (\d+)/.exec(text)?.[1] ?? 1);
    const size = Number(/-s (\d+)/.exec(text)?.[1] ?? 56);
    for (let sequence = 1; sequence <= count; sequence++) {
      host.ping(to, size, sequence);
      this.#settle();
    }
    return { done: host.replies > 0 };
  }

  #expectEntries(expected: readonly string[], filter: string): void {
    const seen = listConnections(this.#switch.ct, filter);
    const wanted = joinLines(expected).map((line) => line.trim());
    if (seen.join('\n') === wanted.join('\n') || this.findings.has('entries')) return;
    this.findings.set(
      'entries',
      `seen ${seen.join(' ') || 'nothing'}, wanted ${wanted.join(' ') || 'nothing'}`,
    );
  }

  #expectWire(frame: string, capture: string): void {
    const sent = this.#wire.get(portNumber(`ovs-${capture.replace('.pcap', '')}`)) ?? [];
    if (!sent.includes(frame) && !this.findings.has('wire'))
      this.findings.set('wire', `seen ${sent.join(' ') || 'nothing'}`);
  }
}

const isPacketOut = (line: string): boolean => /^\W*packet-out\b/.test(line);

/** The destination of an IPv4 or IPv6 frame, as text. */
function destination(frame: Uint8Array): string {
  if (frame[12] === 0x08 && frame[13] === 0) return frame.subarray(30, 34).join('.');
  const words = hex(frame.subarray(38, 54)).match(/.{4}/g) ?? [];
  return words.length === 8 && words[0] === 'fc00' ? `fc00::${Number.parseInt(words[7]!, 16)}` : '';
}
