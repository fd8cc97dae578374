// Programs that talk over TCP, and the least TCP that lets them: everything arrives in order or not at
// all, so nothing is sent twice.

export interface Segment {
  readonly from: string;
  readonly fromPort: number;
  readonly to: string;
  readonly toPort: number;
  /** Letters of the notation: `syn`, `ack`, `fin`, `rst`. */
  readonly flags: ReadonlySet<string>;
  readonly seq: number;
  readonly ack: number;
  readonly data: string;
}

/** What a program does with a connection; every call may write and close. */
export interface Program {
  opened?(socket: Socket): void;
  received?(socket: Socket, text: string): void;
  closed?(socket: Socket): void;
}

export type Sender = (segment: Segment) => void;

export class Socket {
  readonly local: string;
  readonly localPort: number;
  readonly peer: string;
  readonly peerPort: number;
  readonly #send: Sender;
  readonly #program: Program;
  #next: number;
  #wanted = 0;
  /** Both have said hello. */
  open = false;
  #finished = false;

  constructor(
    ends: readonly [string, number, string, number],
    isn: number,
    program: Program,
    send: Sender,
  ) {
    [this.local, this.localPort, this.peer, this.peerPort] = ends;
    this.#next = isn;
    this.#program = program;
    this.#send = send;
  }

  #say(flags: readonly string[], data = ''): void {
    const seq = this.#next;
    this.#next += data.length + (flags.includes('syn') || flags.includes('fin') ? 1 : 0);
    this.#send({
      from: this.local,
      fromPort: this.localPort,
      to: this.peer,
      toPort: this.peerPort,
      flags: new Set(flags),
      seq,
      ack: this.#wanted,
      data,
    });
  }

  connect(): void {
    this.#say(['syn']);
  }

  write(text: string): void {
    this.#say(['psh', 'ack'], text);
  }

  close(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#say(['fin', 'ack']);
  }

  /** A segment for this socket. */
  take(segment: Segment): void {
    const { flags, seq, data } = segment;
    if (flags.has('rst')) return;
    if (flags.has('syn')) {
      this.#wanted = seq + 1;
      if (flags.has('ack')) {
        this.#say(['ack']);
        this.#begin();
      } else this.#say(['syn', 'ack']);
      return;
    }
    if (!this.open) this.#begin();
    if (seq !== this.#wanted) return;
    this.#wanted += data.length;
    if (data !== '') {
      this.#say(['ack']);
      this.#program.received?.(this, data);
    }
    if (flags.has('fin')) this.#end();
  }

  #begin(): void {
    this.open = true;
    this.#program.opened?.(this);
  }

  #end(): void {
    this.#wanted++;
    this.#say(['ack']);
    this.#program.closed?.(this);
    this.close();
  }
}

/** Whole lines of what a peer says. */
export function byLine(
  take: (socket: Socket, line: string) => void,
): NonNullable<Program['received']> {
  let pending = '';
  return (socket, text) => {
    const lines = (pending + text).split('\r\n');
    pending = lines.pop() ?? '';
    for (const line of lines) take(socket, line);
  };
}
