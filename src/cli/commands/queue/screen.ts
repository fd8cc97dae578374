// What a person or a program reads while packets are handled.

import type { Cause, QueuedPacket } from '../../../queue/index.ts';
import type { Host } from '../../host.ts';
import { type Numbers, statusLine } from './report.ts';

/** Failures that are told each second; the rest is counted. */
const TOLD = 5;
const CLEAR = '\r\x1b[K';

export class Screen {
  readonly #host: Host;
  readonly #json: boolean;
  readonly #quiet: boolean;
  readonly #live: boolean;
  #before: Numbers | undefined;
  #at: number;
  #told = 0;
  #untold = 0;

  constructor({ json, quiet }: { readonly json: boolean; readonly quiet: boolean }, host: Host) {
    this.#host = host;
    this.#json = json;
    this.#quiet = quiet;
    this.#live = !json && !quiet && host.errIsTerminal;
    this.#at = host.elapsed();
  }

  #event(event: string, fields: object): void {
    this.#host.out(`${JSON.stringify({ event, ...fields })}\n`);
  }

  #line(text: string): void {
    this.#host.err(`${this.#live ? CLEAR : ''}${text}\n`);
  }

  listening(
    first: number,
    last: number,
    match: string | undefined,
    families: readonly string[] = [],
  ): void {
    const queues = first === last ? `queue ${first}` : `queues ${first} to ${last}`;
    if (this.#json) this.#event('listening', { first, last, match, families });
    else if (!this.#quiet)
      this.#line(
        match === undefined
          ? `listening on ${queues}`
          : `listening on ${queues} for '${match}' (${families.join(', ')})`,
      );
  }

  log(text: string): void {
    if (this.#json) this.#event('log', { text });
    else this.#line(text);
  }

  reloaded(): void {
    if (this.#json) this.#event('reloaded', {});
    else if (!this.#quiet) this.#line('reloaded');
  }

  failure(packet: QueuedPacket, cause: Cause, error: unknown): void {
    if (++this.#told > TOLD) {
      this.#untold++;
      return;
    }
    const { id, hook, source, destination } = packet;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (this.#json) this.#event('failure', { cause, id, hook, source, destination, error: text });
    else this.#line(`packet ${id}, ${source} > ${destination}: ${cause}: ${text}`);
  }

  /** Once a second. */
  numbers(numbers: Numbers): void {
    const now = this.#host.elapsed();
    if (this.#untold > 0 && !this.#json) this.#line(`and ${this.#untold} more of the kind`);
    this.#told = 0;
    this.#untold = 0;
    if (this.#json) this.#event('statistics', numbers);
    else if (this.#live) {
      const line = statusLine(numbers, this.#before, (now - this.#at) / 1000);
      this.#host.err(`${CLEAR}${line.slice(0, Math.max(20, this.#host.columns - 1))}`);
    }
    this.#before = numbers;
    this.#at = now;
  }

  stopped(numbers: Numbers): void {
    if (this.#json) this.#event('stopped', numbers);
    else if (!this.#quiet) this.#line(statusLine(numbers, undefined, 0));
  }
}
