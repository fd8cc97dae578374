// Connections and expectations of the running kernel, as core's port has them.

import {
  type ConnectionFilter,
  type Connections,
  matchesFilter,
  type Subscription,
} from '../core/index.ts';
import {
  type CtDumpFilter,
  type CtEntry,
  type CtExpectation,
  type CtRequest,
  connectionRequest,
  connectionsDump,
  connectionsFlush,
  decodeConnection,
  decodeExpectation,
  eventOf,
  expectationsDump,
  kindOf,
  type Malformed,
  type Message,
  NFNL_GROUPS,
  type NfnlGroup,
} from '../netlink/index.ts';
import { SystemError } from './errors.ts';
import type { Libc } from './libc.ts';
import { NetlinkListener } from './netlink-listener.ts';
import { LITTLE_ENDIAN } from './netlink-open.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { type Namespace, within } from './netns.ts';

/** What happens to connections; `lost` says that the kernel told more than there was room for. */
export type CtEvent =
  | { readonly type: 'new' | 'update' | 'destroy'; readonly entry: CtEntry }
  | {
      readonly type: 'expect-new' | 'expect-update' | 'expect-destroy';
      readonly expected: CtExpectation;
    }
  | { readonly type: 'lost' };

const ENOENT = 2;

/** The value, or what was wrong with the message. @throws Error */
export function sound<T extends object>(read: T | Malformed, what: string): T {
  if ('ok' in read && read.ok === false) throw new Error(`${what}: ${read.error}`);
  return read as T;
}

/** Bit 0 and bit 1 of zoneDir say in which direction a zone counts. */
export function zoneOf(entry: Pick<CtEntry, 'zone' | 'zoneDir'>): Partial<CtRequest> {
  const { zone, zoneDir = 3 } = entry;
  if (zone === 0) return {};
  if (zoneDir === 1) return { originalZone: zone };
  return zoneDir === 2 ? { replyZone: zone } : { zone };
}

/** What a message of ctnetlink's multicast groups says; undefined for one of another kind. */
export function ctEvent(message: Message): CtEvent | undefined {
  const type = eventOf(message);
  if (kindOf(message) === 'connection')
    return { type, entry: sound(decodeConnection(message, LITTLE_ENDIAN), 'connection') };
  if (kindOf(message) !== 'expectation') return undefined;
  const expected = sound(decodeExpectation(message, LITTLE_ENDIAN), 'expectation');
  return { type: `expect-${type}`, expected };
}

const EVENT_GROUPS = (Object.keys(NFNL_GROUPS) as NfnlGroup[]).filter((name) =>
  /^(conntrack|expect)-/.test(name),
);

/** IPS_CONFIRMED: an entry has it when its status is set, and a request without it would take it away. */
export const IPS_CONFIRMED = 1 << 3;
/** SEEN_REPLY, ASSURED, FIXED_TIMEOUT: the other bits of an entry that is made are the kernel's own. */
const SETTABLE = (1 << 1) | (1 << 2) | (1 << 11);

export class KernelConnections implements Connections<CtEntry, ConnectionFilter, CtEvent> {
  readonly #libc: Libc;
  readonly #namespace: Namespace | undefined;
  readonly #socket: NetlinkSocket;

  /** Of a namespace, or of the thread's own. @throws SystemError */
  constructor(libc: Libc, namespace?: Namespace) {
    this.#libc = libc;
    this.#namespace = namespace;
    this.#socket = within(this.#namespace, () => new NetlinkSocket(libc));
  }

  *dump(filter: ConnectionFilter = {}): Iterable<CtEntry> {
    // The kernel leaves out by family and mark what this would leave out anyway.
    const { family, mark, markMask } = filter;
    const asked: CtDumpFilter = {
      ...(family !== undefined && { family }),
      ...(mark !== undefined && { mark }),
      ...(markMask !== undefined && { markMask }),
    };
    for (const entry of this.list('all', asked)) if (matchesFilter(entry, filter)) yield entry;
  }

  /** A dump as ctnetlink offers it, filtered by the kernel alone. @throws SystemError */
  *list(what: Parameters<typeof connectionsDump>[0], filter: CtDumpFilter): Iterable<CtEntry> {
    const request = connectionsDump(what, filter, this.#socket.nextSeq(), LITTLE_ENDIAN);
    for (const message of this.#socket.dump(request, 'list connections'))
      yield sound(decodeConnection(message, LITTLE_ENDIAN), 'connection');
  }

  get(filter: ConnectionFilter): CtEntry | undefined {
    for (const entry of this.dump(filter)) return entry;
    return undefined;
  }

  /** One request to ctnetlink as it is. @throws SystemError */
  request(what: 'create' | 'update' | 'get' | 'delete', request: CtRequest): readonly CtEntry[] {
    const message = connectionRequest(what, request, this.#socket.nextSeq(), LITTLE_ENDIAN);
    const answers = this.#socket.ask(message, `${what} connection`);
    return answers.map((answer) => sound(decodeConnection(answer, LITTLE_ENDIAN), 'connection'));
  }

  /** @throws SystemError */
  create(entry: CtEntry): void {
    const { family, protocol, original, reply, timeout, status, mark } = entry;
    const { state, peers, vtags, labels, helper, masterTuple, seqadj } = entry;
    this.request('create', {
      ...{ family, protocol, original, reply, timeout, mark },
      status: (status & SETTABLE) | IPS_CONFIRMED,
      ...zoneOf(entry),
      ...(state !== undefined && { state }),
      ...(peers !== undefined && { peers }),
      ...(vtags !== undefined && { vtags }),
      ...(labels !== undefined && { labels }),
      ...(helper !== undefined && { helper }),
      ...(masterTuple !== undefined && { masterTuple }),
      ...(seqadj !== undefined && { seqadj }),
    });
  }

  /** Timeout, mark, state, labels and status of the entry with this original tuple. @throws SystemError */
  update(entry: CtEntry): void {
    const { family, protocol, original, timeout, status, mark, state, vtags, labels } = entry;
    this.request('update', {
      ...{ family, protocol, original, timeout, mark, status },
      ...zoneOf(entry),
      ...(state !== undefined && { state }),
      ...(vtags !== undefined && { vtags }),
      ...(labels !== undefined && { labels }),
    });
  }

  /** Says how many are gone; what ended meanwhile is not counted. @throws SystemError */
  delete(filter: ConnectionFilter): number {
    let deleted = 0;
    for (const entry of [...this.dump(filter)]) {
      const { family, protocol, original, id } = entry;
      try {
        this.request('delete', { family, protocol, original, id, ...zoneOf(entry) });
        deleted++;
      } catch (error) {
        if (!(error instanceof SystemError) || error.errno !== ENOENT) throw error;
      }
    }
    return deleted;
  }

  /** @throws SystemError */
  flush(family?: 'ip' | 'ip6'): void {
    this.#socket.ask(connectionsFlush(family, this.#socket.nextSeq()), 'flush connections');
  }

  /** @throws SystemError */
  *expectations(family?: 'ip' | 'ip6'): Iterable<CtExpectation> {
    const request = expectationsDump(family, this.#socket.nextSeq());
    for (const message of this.#socket.dump(request, 'list expectations'))
      yield sound(decodeExpectation(message, LITTLE_ENDIAN), 'expectation');
  }

  /** Any request of this subsystem, with its answers. @throws SystemError */
  ask(make: (seq: number) => Message, operation: string): readonly Message[] {
    const message = make(this.#socket.nextSeq());
    const isDump = (message.flags & 0x300) === 0x300;
    return isDump ? this.#socket.dump(message, operation) : this.#socket.ask(message, operation);
  }

  events(listener: (event: CtEvent) => void): Subscription {
    return new NetlinkListener(
      this.#libc,
      {
        message: (message) => {
          const event = ctEvent(message);
          if (event !== undefined) listener(event);
        },
        lost: () => listener({ type: 'lost' }),
      },
      {
        groups: EVENT_GROUPS.map((name) => NFNL_GROUPS[name]),
        ...(this.#namespace && { namespace: this.#namespace }),
      },
    );
  }

  close(): void {
    this.#socket.close();
  }
}
