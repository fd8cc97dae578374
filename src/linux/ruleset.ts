// The nf_tables ruleset of the running kernel, as core's port has it.

import type { Ruleset, Subscription } from '../core/index.ts';
import {
  assembleProgram,
  type Batch,
  type Blamed,
  blamedAt,
  datagram,
  decodeNft,
  dumpRequest,
  type EncodeOptions,
  elementsRequest,
  encodeBatch,
  generationRequest,
  kindOf,
  type Message,
  NFNL_GROUPS,
  type NftMessage,
  type Program,
  type ResetChange,
  refusalText,
  replaced,
  resetRequest,
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
  /** Its words alone. */
  readonly sentence?: string;
  /** What it points to in the message. */
  readonly blamed?: Blamed;
  /** The change's place in the batch, -1 for the transaction as a whole. */
  readonly change: number;
}

/** A batch that was refused; nothing has changed. */
export class BatchRefused extends SystemError {
  readonly refusals: readonly Refusal[];
  /** The first change that was refused, -1 where the batch as a whole was. */
  readonly changeIndex: number;

  constructor(refusals: readonly Refusal[], batch: Batch) {
    const [first] = refusals;
    const change = batch[first?.change ?? -1];
    const what = change === undefined ? 'change the ruleset' : `change the ruleset, ${change.op}`;
    super(what, first?.errno ?? 0, first?.message || undefined);
    this.refusals = refusals;
    this.changeIndex = first?.change ?? -1;
  }
}

export function decodeRuleset(message: Message): NftMessage {
  const { type, flags, payload } = message;
  return sound(decodeNft(type & 0xff, flags, payload, OPTIONS), 'ruleset') as NftMessage;
}

export type BatchOptions = Pick<EncodeOptions, 'current' | 'generation' | 'echo' | 'check'>;

/** What came of a batch: nobody refused it when `refusals` is empty. */
export interface Outcome {
  readonly refusals: readonly Refusal[];
  /** What the kernel made of each change, where `echo` asks for it. */
  readonly told: readonly NftMessage[];
}

function carryOut(socket: NetlinkSocket, batch: Batch, options: BatchOptions): Outcome {
  const seq = socket.nextSeq();
  const { messages, changes } = encodeBatch(batch, { ...OPTIONS, ...options, seq });
  for (const _ of messages) socket.nextSeq();
  const { errors, told } = socket.transact(datagram(messages, LITTLE_ENDIAN));
  const refusals = [...errors.values()].map(({ seq: about, ...error }) => {
    const { payload } = messages[about - seq] ?? messages[0]!;
    const { errno, message, offset } = error;
    const blamed = offset === undefined ? undefined : blamedAt(payload, offset, LITTLE_ENDIAN);
    return {
      errno,
      message: refusalText({ ...error, seq: about }) ?? '',
      change: changes[about - seq] ?? -1,
      ...(message !== undefined && { sentence: message }),
      ...(blamed !== undefined && { blamed }),
    };
  });
  return { refusals, told: told.filter((one) => kindOf(one) === 'ruleset').map(decodeRuleset) };
}

/**
 * Applies all of a batch or nothing; nobody refused it when the answer is empty. `current` has the sets
 * that the batch speaks of and does not make.
 */
export const applyBatch = (
  socket: NetlinkSocket,
  batch: Batch,
  current?: Program,
): readonly Refusal[] => carryOut(socket, batch, current === undefined ? {} : { current }).refusals;

/** A ruleset, and the generation it is. */
export interface Snapshot {
  readonly program: Program;
  readonly generation: number;
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

  /** One transaction, with what came of it. @throws Unencodable */
  attempt(batch: Batch, options: BatchOptions): Outcome {
    return carryOut(this.#socket, batch, options);
  }

  #read(request: Message): readonly NftMessage[] {
    return this.#socket.dump(request, 'list the ruleset').map(decodeRuleset);
  }

  /** @throws SystemError */
  list(): Program {
    return this.snapshot().program;
  }

  /** The ruleset of one generation. @throws SystemError */
  snapshot(): Snapshot {
    const { messages, generation } = this.#messages();
    return { program: assembleProgram(messages, OPTIONS), generation };
  }

  /**
   * Sets values back; the ruleset with what they were, which is told while it is set back.
   * @throws SystemError
   */
  reset(changes: readonly ResetChange[]): Program {
    const { messages } = this.#messages();
    const current = assembleProgram(messages, OPTIONS);
    const were = changes.flatMap((change) => {
      const { message, dumped } = resetRequest(
        change,
        current,
        this.#socket.nextSeq(),
        LITTLE_ENDIAN,
      );
      const answers = dumped
        ? this.#socket.dump(message, 'reset')
        : this.#socket.ask(message, 'reset');
      return answers.map(decodeRuleset);
    });
    return assembleProgram(replaced(messages, were), OPTIONS);
  }

  #messages(): { readonly messages: readonly NftMessage[]; readonly generation: number } {
    for (let tries = 1; ; tries++) {
      const generation = this.generation();
      try {
        const messages = this.#dump();
        if (this.generation() === generation || tries >= TRIES) return { messages, generation };
      } catch (error) {
        // A set that went away between two questions.
        if (!(error instanceof SystemError) || error.code !== 'ENOENT' || tries >= TRIES)
          throw error;
      }
    }
  }

  /** The number of the generation that is in force. @throws SystemError */
  generation(): number {
    const request = generationRequest(this.#socket.nextSeq());
    const [answer] = this.#socket.ask(request, 'ask for the generation').map(decodeRuleset);
    return answer?.kind === 'generation' ? answer.id : -1;
  }

  #dump(): readonly NftMessage[] {
    const heads = DUMPED.flatMap((what) => this.#read(dumpRequest(what, this.#socket.nextSeq())));
    const elements = heads.flatMap((head) => {
      if (head.kind !== 'change' || head.change.op !== 'newset') return [];
      const { family, table, set } = head.change;
      const seq = this.#socket.nextSeq();
      return this.#read(elementsRequest(family, table, set.name, seq, LITTLE_ENDIAN));
    });
    return [...heads, ...elements];
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
