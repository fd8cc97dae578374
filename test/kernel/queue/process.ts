// `sluice queue` as a process, with the events it prints.

import { type ChildProcess, spawn } from 'node:child_process';
import { sluiceCommand } from '../../../src/cli/test-bundled.ts';
import { START, until } from '../until.ts';

export interface Event {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The command under way, with the events it printed. */
export class Sluice {
  readonly events: Event[] = [];
  readonly child: ChildProcess;
  errors = '';
  #rest = '';

  constructor(netns: string, words: readonly string[]) {
    const args = sluiceCommand('queue', '--netns', netns, '--json', ...words);
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (chunk) => this.#read(String(chunk)));
    this.child.stderr!.on('data', (chunk) => {
      this.errors += String(chunk);
    });
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.events.push(JSON.parse(line));
  }

  async heard(event: string, times = 1): Promise<Event> {
    const found = () => this.events.filter((e) => e.event === event);
    await until(
      `${event}; it said ${this.errors}`,
      () => found().length >= times || this.child.exitCode !== null,
      START,
    );
    if (found().length < times) throw new Error(`it ended: ${this.errors}`);
    return found()[times - 1]!;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const ended = new Promise<number | null>((done) => this.child.once('exit', done));
    this.child.kill(signal);
    return ended;
  }
}
