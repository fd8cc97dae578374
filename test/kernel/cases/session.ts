// A TCP conversation whose numbers are kept: each side counts what it said itself, and how much longer
// the other side heard it.

import type { Step } from '../case.ts';
import { at, lan, wan } from './words.ts';

export interface Ends {
  readonly client: string;
  readonly server: string;
  /** Who the server sees instead of the client, and the client instead of the server. */
  readonly seenClient?: string;
  readonly seenServer?: string;
  readonly clientPort?: number;
  readonly serverPort: number;
}

const escaped = (text: string): string =>
  [...text]
    .map((c) => {
      const code = c.charCodeAt(0);
      if (c === '"' || c === '\\') return `\\${c}`;
      return code < 32 || code > 126 ? `\\x${code.toString(16).padStart(2, '0')}` : c;
    })
    .join('');

export class Session {
  readonly #toServer: string;
  readonly #toClient: string;
  #client = 1001;
  #server = 5001;
  #grownByClient = 0;
  #grownByServer = 0;

  constructor(ends: Ends) {
    const port = ends.clientPort ?? 40000;
    this.#toServer = `${at(ends.client, port)} > ${at(ends.seenServer ?? ends.server, ends.serverPort)}`;
    this.#toClient = `${at(ends.server, ends.serverPort)} > ${at(ends.seenClient ?? ends.client, port)}`;
  }

  open(): Step[] {
    return [
      lan(`tcp ${this.#toServer} syn seq 1000 win 64240 mss 1460 sackok`),
      wan(`tcp ${this.#toClient} syn,ack seq 5000 ack 1001 win 65160 mss 1460 sackok`),
      this.clientAck(),
    ];
  }

  /** The client says something, which the server will hear `grown` bytes longer. */
  client(text: string, grown = 0): Step {
    const { seq, ack } = this.#numbers('client');
    this.#client += text.length;
    this.#grownByClient += grown;
    return lan(
      `tcp ${this.#toServer} psh,ack seq ${seq} ack ${ack} win 64240 data "${escaped(text)}"`,
    );
  }

  server(text: string, grown = 0): Step {
    const { seq, ack } = this.#numbers('server');
    this.#server += text.length;
    this.#grownByServer += grown;
    return wan(
      `tcp ${this.#toClient} psh,ack seq ${seq} ack ${ack} win 65160 data "${escaped(text)}"`,
    );
  }

  clientAck(options = ''): Step {
    const { seq, ack } = this.#numbers('client');
    return lan(`tcp ${this.#toServer} ack seq ${seq} ack ${ack} win 64240 ${options}`);
  }

  serverAck(options = ''): Step {
    const { seq, ack } = this.#numbers('server');
    return wan(`tcp ${this.#toClient} ack seq ${seq} ack ${ack} win 65160 ${options}`);
  }

  #numbers(who: 'client' | 'server'): { seq: number; ack: number } {
    return who === 'client'
      ? { seq: this.#client, ack: this.#server + this.#grownByServer }
      : { seq: this.#server, ack: this.#client + this.#grownByClient };
  }
}
