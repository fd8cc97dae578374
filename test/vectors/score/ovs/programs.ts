// The servers every host of the vectors runs, and the clients their commands start.

import type { Host } from './hosts.ts';
import { byLine, type Program, type Socket } from './tcp.ts';

const PAGE = 'HTTP/1.0 200 OK\r\n\r\nit works\r\n';
const FILE = 'contents of the file\n';

const ANSWERS: Readonly<Record<string, string>> = {
  USER: '331 password',
  PASS: '230 in',
  PWD: '257 "/"',
  RETR: '150 here it comes',
  QUIT: '221 bye',
};

const http = (): Program => ({
  received: (socket) => {
    socket.write(PAGE);
    socket.close();
  },
});

/** One FTP session on the server's side (RFC 959, RFC 2428). */
class FtpServer implements Program {
  readonly #host: Host;
  #give: ((control: Socket) => void) | null = null;
  readonly received = byLine((socket, line) => this.#command(socket, line));

  constructor(host: Host) {
    this.#host = host;
  }

  opened(socket: Socket): void {
    socket.write('220 ready\r\n');
  }

  #command(control: Socket, line: string): void {
    const [verb = '', argument = ''] = line.split(' ');
    control.write(`${this.#answer(verb, argument)}\r\n`);
    if (verb === 'RETR') this.#give?.(control);
    if (verb === 'QUIT') control.close();
  }

  #answer(verb: string, argument: string): string {
    if (verb === 'EPRT') {
      const [, , address = '', port] = argument.split('|');
      this.#active(address, Number(port));
    } else if (verb === 'PORT') {
      const n = argument.split(',').map(Number);
      this.#active(n.slice(0, 4).join('.'), n[4]! * 256 + n[5]!);
    } else if (verb === 'EPSV')
      return `229 Entering Extended Passive Mode (|||${this.#passive()}|)`;
    return ANSWERS[verb] ?? '200 fine';
  }

  #active(address: string, port: number): void {
    this.#give = (control) => this.#host.connect(address, port, this.#data(control), control.local);
  }

  #passive(): number {
    const port = this.#host.freePort();
    let waiting: Socket | null = null;
    let asked: Socket | null = null;
    const start = (): void => {
      if (waiting === null || asked === null) return;
      this.#data(asked).opened?.(waiting);
    };
    this.#host.listen(port, () => ({
      opened: (socket) => {
        waiting = socket;
        start();
      },
    }));
    this.#give = (control) => {
      asked = control;
      start();
    };
    return port;
  }

  #data = (control: Socket): Program => ({
    opened: (socket) => {
      socket.write(FILE);
      socket.close();
      control.write('226 done\r\n');
    },
  });
}

export function startServers(host: Host): void {
  host.listen(80, http);
  host.listen(21, () => new FtpServer(host));
  for (const port of [1234, 10000]) host.listen(port, () => ({}));
  host.serve(69, (_request, answer) => {
    const port = host.freePort();
    host.serve(port, () => {});
    answer(port, `\0\x03\0\x01${FILE}`);
  });
}

/** What became of a client, once nothing moves any more. */
export interface Client {
  readonly done: boolean;
}

export function getHttp(host: Host, to: string): Client {
  const client = { done: false };
  host.connect(to, 80, {
    opened: (socket) => socket.write('GET / HTTP/1.0\r\n\r\n'),
    closed: () => {
      client.done = true;
    },
  });
  return client;
}

/** nc: says one thing and closes. */
export function sayOnce(host: Host, to: string, port: number): Client {
  const client = { done: false };
  host.connect(to, port, {
    opened: (socket) => {
      socket.write('foobar\n');
      socket.close();
      client.done = true;
    },
  });
  return client;
}

export function getTftp(host: Host, to: string): Client {
  const client = { done: false };
  const port = host.freePort();
  host.serve(port, (text, answer) => {
    client.done = text.endsWith(FILE);
    answer(port, '\0\x04\0\x01');
  });
  host.sendDatagram(to, port, 69, '\0\x01flows.txt\0octet\0');
  return client;
}

export interface FtpOptions {
  readonly active: boolean;
  /** Says where it listens by PORT, not by EPRT. */
  readonly port: boolean;
}

export function getFtp(host: Host, to: string, { active, port }: FtpOptions): Client {
  const client = { done: false };
  let got = false;
  const data: Program = {
    received: (_socket, text) => {
      got = text === FILE;
    },
  };
  const announce = (): string => {
    if (!active) return 'EPSV';
    const at = host.freePort();
    host.listen(at, () => data);
    const own = host.sourceFor(to);
    return port
      ? `PORT ${own.replaceAll('.', ',')},${at >> 8},${at & 0xff}`
      : `EPRT |${own.includes(':') ? 2 : 1}|${own}|${at}|`;
  };
  const steps = ['USER a', 'PASS b', 'PWD', announce, 'TYPE I', 'RETR index.html'];
  host.connect(to, 21, {
    received: byLine((socket, line) => {
      const passive = /\(\|\|\|(\d+)\|\)/.exec(line);
      if (passive !== null) host.connect(to, Number(passive[1]), data);
      if (line.startsWith('226')) socket.write('QUIT\r\n');
      if (line.startsWith('221')) client.done = got;
      const step = /^[12345]/.test(line) && !line.startsWith('150') ? steps.shift() : undefined;
      if (step !== undefined) socket.write(`${typeof step === 'string' ? step : step()}\r\n`);
    }),
  });
  return client;
}
