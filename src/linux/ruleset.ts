// The nf_tables ruleset of the running kernel, as core's port has it.

import type { Ruleset, Subscription } from '../core/index.ts';
import {
  assembleProgram,
  type Batch,
  datagram,
  decodeNft,
  dumpRequest,
  elementsRequest,
  encodeBatch,
  generationRequest,
  kindOf,
  type Message,
  NFNL_GROUPS,
  type NftMessage,
  type Program,
  refusalText,
} from '../netlink/index.ts';
import { sound } from './connections.ts';
import { SystemError } from './errors.ts';
import type { Libc } from './libc.ts';
import { NetlinkListener } from './netlink-listener.ts';
import { LITTLE_ENDIAN } from './netlink-open.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { type Namespace, within } from './netns.ts';

const DUMPED = ['tables', 'chains', 'sets', 'objects', 'flowtables', 'rules'] as const;
const OPTIONS = { littleEndian: LITTLE_ENDIAN };
const TRIES = 20;

/** What happens to the ruleset, or that the kernel told more than there was room for. */
export type NftEvent = NftMessage | { readonly kind: 'lost' };

/** What the kernel had against a change. */
export interface Refusal {
  readonly errno: number;
  /** Its words, and the place in the message they are about; '' where it gave none. */
  readonly message: string;
  /** The change's place in the batch, -1 for the transaction as a whole. */
  readonly change: number;
}

/** A batch that was refused; nothing has changed. */
export class BatchRefused extends SystemError {
  readonly refusals: readonly Refusal[];

  constructor(refusals: readonly Refusal[], batch: Batch) {
    const [first] = refusals;
    const change = batch[first?.change ?? -1];
    const what = change === undefined ? 'change the ruleset' : `change the ruleset, ${change.op}`;
    super(what, first?.errno ?? 0, first?.message || undefined);
    this.refusals = refusals;
  }
}

export function decodeRuleset(message: Message): NftMessage {
  const { type, flags, payload } = message;
  return sound(decodeNft(type & 0xff, flags, payload, OPTIONS), 'ruleset') as NftMessage;
}

/**
 * Applies all of a batch or nothing; nobody refused it when the answer is empty. `current` has the sets
 * that the batch speaks of and does not make.
 */
export function applyBatch(
  socket: NetlinkSocket,
  batch: Batch,
  current?: Program,
): readonly Refusal[] {
  const seq = socket.nextSeq();
  const { messages, changes } = encodeBatch(batch, {
    ...OPTIONS,
    seq,
    ...(current !== undefined && { current }),
  });
  for (const _ of messages) socket.nextSeq();
  return [...socket.transact(datagram(messages, LITTLE_ENDIAN)).values()]
    .filter(({ errno }) => errno !== 0)
    .map((error) => ({
      errno: error.errno,
      message: refusalText(error) ?? '',
      change: changes[error.seq - seq] ?? -1,
    }));
}

export class KernelRuleset implements Ruleset<Batch, Program, NftEvent> {
  readonly #libc: Libc;
  readonly #namespace: Namespace | undefined;
  readonly #socket: NetlinkSocket;

  /** Of a namespace, or of the thread's own. @throws SystemError */
  constructor(libc: Libc, namespace?: Namespace) {
    this.#libc = libc;
    this.#namespace = namespace;
    this.#socket = within(this.#namespace, () => new NetlinkSocket(libc));
  }

  /** One transaction. @throws BatchRefused, with what the kernel said of which change */
  apply(batch: Batch, current?: Program): void {
    const refusals = applyBatch(this.#socket, batch, current);
    if (refusals.length > 0) throw new BatchRefused(refusals, batch);
  }

  #read(request: Message): readonly NftMessage[] {
    return this.#socket.dump(request, 'list the ruleset').map(decodeRuleset);
  }

  /** The ruleset of one generation. @throws SystemError */
  list(): Program {
    for (let tries = 1; ; tries++) {
      const before = this.#generation();
      try {
        const program = this.#dump();
        if (this.#generation() === before || tries >= TRIES) return program;
      } catch (error) {
        // A set that went away between two questions.
        if (!(error instanceof SystemError) || error.code !== 'ENOENT' || tries >= TRIES)
          throw error;
      }
    }
  }

  #generation(): number {
    const request = generationRequest(this.#socket.nextSeq());
    const [answer] = this.#socket.ask(request, 'ask for the generation').map(decodeRuleset);
    return answer?.kind === 'generation' ? answer.id : -1;
  }

  #dump(): Program {
    const heads = DUMPED.flatMap((what) => this.#read(dumpRequest(what, this.#socket.nextSeq())));
    const elements = heads.flatMap((head) => {
      if (head.kind !== 'change' || head.change.op !== 'newset') return [];
      const { family, table, set } = head.change;
      const seq = this.#socket.nextSeq();
      return this.#read(elementsRequest(family, table, set.name, seq, LITTLE_ENDIAN));
    });
    return assembleProgram([...heads, ...elements], OPTIONS);
  }

  events(listener: (event: NftEvent) => void): Subscription {
    return new NetlinkListener(
      this.#libc,
      {
        message: (message) => {
          if (kindOf(message) === 'ruleset') listener(decodeRuleset(message));
        },
        lost: () => listener({ kind: 'lost' }),
      },
      { groups: [NFNL_GROUPS.ruleset], ...(this.#namespace && { namespace: this.#namespace }) },
    );
  }

  close(): void {
    this.#socket.close();
  }
}
