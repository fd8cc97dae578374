// Two namespaces and the queue between them: a flood that a receiver answers as fast as it can, the
// same from a queue filled before, and the time a single packet needs.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Receiver, Tools } from './programs.ts';
import { QUEUE } from './programs.ts';

const PORT = 1331;
const ADDRESS = '10.77.0.2';
const SIZE = 64;
/** Fits the queue of every receiver, which is 65,535 long. */
const WAITING = 50_000;
const PATIENCE = 10_000;

function run(command: readonly string[]): string {
  const [program = '', ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  return stdout;
}

export interface Flooded {
  readonly rate: number;
  /** Nanoseconds of processor time for a packet, which others on the machine hardly change. */
  readonly cpu: number;
}

/** utime and stime of proc_pid_stat(5), in ticks of 10 ms; the name before them may have spaces. */
function cpuTime({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 1e7;
}

export class Field {
  readonly #tools: Tools;
  readonly #client = `slqa${process.pid}`;
  readonly #server = `slqb${process.pid}`;
  readonly #running = new Set<ChildProcess>();

  constructor(tools: Tools) {
    this.#tools = tools;
    for (const name of [this.#client, this.#server]) run(['ip', 'netns', 'add', name]);
    run([
      ...['ip', '-n', this.#client, 'link', 'add', 'veth0', 'type', 'veth'],
      ...['peer', 'name', 'veth0', 'netns', this.#server],
    ]);
    this.#address(this.#client, 'veth0', '10.77.0.1/24');
    this.#address(this.#server, 'veth0', `${ADDRESS}/24`);
    const queued = ['-p', 'udp', '--dport', `${PORT}:${PORT + 1}`];
    this.#rule('mangle', [...queued, '-j', 'NFQUEUE', '--queue-num', `${QUEUE}`]);
    // Counted where the queue gives packets back, and dropped there: no socket is part of what is measured.
    this.#rule('filter', ['-p', 'udp', '--dport', `${PORT}`, '-j', 'DROP']);
  }

  #address(netns: string, device: string, address: string): void {
    run(['ip', '-n', netns, 'addr', 'add', address, 'dev', device]);
    run(['ip', '-n', netns, 'link', 'set', device, 'up']);
  }

  #rule(table: string, words: readonly string[]): void {
    run(this.#inServer(['iptables', '-w', '-t', table, '-A', 'INPUT', ...words]));
  }

  #inServer(command: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.#server, ...command];
  }

  #start(command: readonly string[]): ChildProcess {
    const [program = '', ...args] = command;
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#running.add(child);
    return child;
  }

  async #stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#running.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGCONT');
    child.kill(signal);
    await ended;
  }

  /** Packets that came back out of the queue. */
  #accepted(): number {
    const lines = run(this.#inServer(['iptables', '-w', '-vnxL', 'INPUT'])).split('\n');
    const counted = lines.find((line) => line.includes('DROP') && line.includes('udp'));
    return Number(counted?.trim().split(/\s+/)[0] ?? 0);
  }

  /** Columns of /proc/net/netfilter/nfnetlink_queue: port, waiting, …; undefined while nobody listens. */
  #queue(): number[] | undefined {
    const text = run(this.#inServer(['cat', '/proc/net/netfilter/nfnetlink_queue']));
    const lines = text.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    return lines.find(([number]) => number === QUEUE);
  }

  async #until(what: string, isSo: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (!isSo()) {
      if (performance.now() > end) throw new Error(`waited for ${what} in vain`);
      await sleep(5);
    }
  }

  async #listening(receiver: Receiver, job: Job): Promise<ChildProcess> {
    const child = this.#start(this.#inServer(receiver.command(job)));
    await this.#until(`${receiver.name} to listen`, () => {
      if (child.exitCode !== null) throw new Error(`${receiver.name} ended with ${child.exitCode}`);
      return this.#queue() !== undefined;
    });
    return child;
  }

  #flood(count: number): ChildProcess {
    const words = [ADDRESS, PORT, SIZE, count].map(String);
    return this.#start(['ip', 'netns', 'exec', this.#client, this.#tools.flood, ...words]);
  }

  /** Packets a second that come out of the queue while more than that are sent, and what each costs. */
  async flooded(receiver: Receiver, job: Job, seconds: number): Promise<Flooded> {
    const child = await this.#listening(receiver, job);
    const flood = this.#flood(0);
    await sleep(500);
    const start = performance.now();
    const before = this.#accepted();
    const cpuBefore = cpuTime(child);
    await sleep(seconds * 1000);
    const got = this.#accepted() - before;
    const cpu = cpuTime(child) - cpuBefore;
    const took = performance.now() - start;
    await this.#stop(flood, 'SIGKILL');
    await this.#stop(child);
    return { rate: (got / took) * 1000, cpu: cpu / got };
  }

  /** Packets a second out of a queue that was full before the receiver went on. */
  async drained(receiver: Receiver, job: Job): Promise<number> {
    const child = await this.#listening(receiver, job);
    child.kill('SIGSTOP');
    const before = this.#accepted();
    await new Promise((done) => this.#flood(WAITING).once('exit', done));
    const waiting = this.#queue()?.[2] ?? 0;
    const start = performance.now();
    child.kill('SIGCONT');
    while ((this.#queue()?.[2] ?? 0) > 0) await sleep(1);
    const took = performance.now() - start;
    const got = this.#accepted() - before;
    if (waiting < WAITING / 2 || got < waiting) throw new Error(`${got} of ${waiting} came back`);
    await this.#stop(child);
    return (waiting / took) * 1000;
  }

  /** Microseconds, sorted: one packet at a time, a thousand a second; without a receiver past the queue. */
  async latencies(receiver: Receiver | undefined, count: number): Promise<number[]> {
    const child = receiver && (await this.#listening(receiver, 'accept'));
    if (child === undefined)
      run(this.#inServer(['iptables', '-w', '-t', 'mangle', '-I', 'INPUT', '-j', 'ACCEPT']));
    const words = [this.#client, this.#server, ADDRESS, PORT + 1, count].map(String);
    const text = run([this.#tools.latency, ...words]);
    if (child === undefined)
      run(this.#inServer(['iptables', '-w', '-t', 'mangle', '-D', 'INPUT', '1']));
    else await this.#stop(child);
    const all = text
      .trim()
      .split('\n')
      .map((line) => Number(line) / 1000);
    return all.sort((a, b) => a - b);
  }

  close(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    for (const name of [this.#client, this.#server]) spawnSync('ip', ['netns', 'del', name]);
  }
}
