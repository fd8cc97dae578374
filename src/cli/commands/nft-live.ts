// `sluice nft --live`: the commands of nft over the running kernel's ruleset.

import type { RulesetStateData, Step } from '../../lab/index.ts';
import {
  type Refusal as KernelRefusal,
  KernelRuleset,
  LITTLE_ENDIAN,
  type Libc,
  loadLibc,
  Namespace,
  NetlinkSocket,
  SystemError,
  within,
} from '../../linux/index.ts';
import {
  decodeRoute,
  NETLINK_ROUTE,
  type NftMessage,
  routeDump,
  Unencodable,
} from '../../netlink/index.ts';
import type { Batch, Program } from '../../program/index.ts';
import { Failure } from '../failure.ts';
import { toldBatch } from './monitor/ruleset.ts';
import { type Refusal, refusals } from './nft-report.ts';
import { EMPTY_STATE, type Stored } from './nft-store.ts';
import type { Attempt, Interfaces, NftTarget, Outcome, Refused, Reset } from './nft-target.ts';

/** The ruleset has another generation than the batch was made for (nfnetlink_rcv_batch()). */
const ERESTART = 85;

/** Names of interfaces, by which rules that name one by its index are written and listed. */
function interfaceIndexes(socket: NetlinkSocket): Readonly<Record<string, number>> {
  const links = socket
    .dump(routeDump('links', socket.nextSeq()), 'list interfaces')
    .map((message) => decodeRoute(message, LITTLE_ENDIAN));
  const named = links.flatMap((link) =>
    'kind' in link && link.kind === 'link' ? [[link.name, link.index] as const] : [],
  );
  return Object.fromEntries(named);
}

const asFailure = (error: unknown): never => {
  throw new Failure(error instanceof Error ? error.message : String(error));
};

/** What the kernel had against the changes of a batch, at their places in the text. */
const refusedAt = (refused: readonly KernelRefusal[], batch: Batch): readonly Refusal[] =>
  [...refused]
    .sort((a, b) => a.change - b.change)
    .map(({ change, errno, sentence, blamed }) => ({
      errnoName: new SystemError('', errno).code,
      message: sentence ?? '',
      source: batch[change]?.source,
      ...(blamed !== undefined && { blamed }),
    }));

/** A change that cannot be said to the kernel. */
const unsaid = ({ errno, message, change = -1 }: Unencodable): KernelRefusal => ({
  ...{ errno, message, change },
  sentence: message,
});

/** The running kernel's ruleset, and the namespace it is of. */
export interface LiveKernel {
  readonly libc: Libc;
  readonly ruleset: KernelRuleset;
  readonly namespace: Namespace | undefined;
}

export class LiveTarget implements NftTarget {
  readonly kernel: LiveKernel;
  readonly #ruleset: KernelRuleset;
  readonly #routes: NetlinkSocket;

  /** @throws Failure without root, or where there is no such namespace */
  static async open(netns: string | undefined): Promise<LiveTarget> {
    try {
      const libc = await loadLibc();
      const namespace = netns === undefined ? undefined : new Namespace(libc, netns);
      const routes = () => new NetlinkSocket(libc, NETLINK_ROUTE);
      const ruleset = new KernelRuleset(libc, namespace);
      return new LiveTarget({ libc, ruleset, namespace }, within(namespace, routes));
    } catch (error) {
      return asFailure(error);
    }
  }

  private constructor(kernel: LiveKernel, routes: NetlinkSocket) {
    this.kernel = kernel;
    this.#ruleset = kernel.ruleset;
    this.#routes = routes;
  }

  read(before?: Stored): Stored {
    if (before !== undefined && before.state.generation === this.#ruleset.generation())
      return before;
    try {
      return { state: this.#state(), text: undefined };
    } catch (error) {
      return asFailure(error);
    }
  }

  #state(): RulesetStateData {
    const { program, generation } = this.#ruleset.snapshot();
    const interfaces = interfaceIndexes(this.#routes);
    return { ...EMPTY_STATE, program, generation, interfaces, at: Date.now() };
  }

  /** Those that are there, and no others. */
  interfaces({ interfaces }: RulesetStateData): Interfaces {
    return { of: (name) => interfaces[name], all: interfaces };
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  /** Who else changes the ruleset meanwhile is told by its generation. */
  exclusively<T>(work: () => T): T {
    return work();
  }

  attempt({ state, batch, sources, check, echo }: Attempt): Outcome {
    const { program: current, generation } = state;
    const { refusals: all, told } = this.#send(batch, { current, generation, check, echo });
    if (all.some(({ errno, change }) => errno === ERESTART && change < 0)) return 'stale';
    if (all.length > 0) return { problems: refusals(refusedAt(all, batch), sources), state };
    if (check) return { state, changes: batch };
    const after = this.#state();
    return { state: after, changes: echo ? toldBatch(wireOf(told), current, after.program) : [] };
  }

  #send(batch: Batch, options: Parameters<KernelRuleset['attempt']>[1]) {
    try {
      return this.#ruleset.attempt(batch, options);
    } catch (error) {
      if (error instanceof Unencodable) return { refusals: [unsaid(error)], told: [] };
      return asFailure(error);
    }
  }

  reset({ state, batch, check }: Attempt): Reset | Refused {
    const changes = batch.filter((change) => change.op === 'reset');
    if (check) return { shown: state, state };
    try {
      const program: Program = this.#ruleset.reset(changes);
      return { shown: { ...state, program, at: Date.now() }, state: this.#state() };
    } catch (error) {
      return asFailure(error);
    }
  }

  /** The kernel keeps it; what is there is asked for again, as packets count. */
  keep(_: RulesetStateData, { state }: Step): Stored {
    return { state: { ...state, generation: -1 }, text: undefined };
  }

  keepRefusal(): undefined {
    return undefined;
  }

  close(): void {
    this.#ruleset.close();
    this.#routes.close();
    this.kernel.namespace?.close();
  }
}

const wireOf = (told: readonly NftMessage[]) =>
  told.flatMap((one) => (one.kind === 'change' ? [one.change] : []));
