// Steps of packets that a rule marked with `meta nftrace set 1`, gathered by packet and shown as `trace`
// shows them.

import { LITTLE_ENDIAN, type Libc, type Namespace, NetlinkListener } from '../../../linux/index.ts';
import { decodeTrace, kindOf, NFNL_GROUPS, type NftTrace } from '../../../netlink/index.ts';
import { listRule } from '../../../nft/index.ts';
import type { Program } from '../../../program/index.ts';
import { type Paint, renderTrace } from '../../../trace/index.ts';
import { KnownRules, packetText, toldTrace, verdictText } from './told-trace.ts';

/** When nothing more has come of a packet for so long, it is told. */
const QUIET = 50;
/** Packets that are gathered at once; the first ones are told when there are more. */
const GATHERED = 1024;

/** Tells each step of packets that a rule marked. */
export const listenToTraces = (
  libc: Libc,
  to: { step(trace: NftTrace): void; lost(): void },
  namespace: Namespace | undefined,
): NetlinkListener =>
  new NetlinkListener(
    libc,
    {
      message: (message) => {
        if (kindOf(message) !== 'trace') return;
        const trace = decodeTrace(message, LITTLE_ENDIAN);
        if ('ok' in trace) to.lost();
        else to.step(trace);
      },
      lost: () => to.lost(),
    },
    { groups: [NFNL_GROUPS.trace], ...(namespace && { namespace }) },
  );

export interface TellingOptions {
  readonly names: (index: number) => string;
  readonly paint: Paint;
  readonly print: (text: string) => void;
}

interface Gathered {
  readonly messages: NftTrace[];
  readonly time: number;
  readonly timer: NodeJS.Timeout;
}

/** Packets as `trace` shows them, each when no more is told of it. */
export class TracedPackets {
  readonly #rules: KnownRules;
  readonly #options: TellingOptions;
  readonly #begin = performance.now();
  readonly #gathered = new Map<number, Gathered>();
  #programs: readonly Program[] = [];

  constructor(options: TellingOptions) {
    this.#rules = new KnownRules(options.names);
    this.#options = options;
  }

  step(trace: NftTrace, programs: readonly Program[]): void {
    this.#programs = programs;
    const { id } = trace;
    const known = this.#gathered.get(id) ?? this.#begun(id);
    known.messages.push(trace);
    if (verdictText(trace).endsWith('drop')) this.#tell(id);
    else known.timer.refresh();
  }

  #begun(id: number): Gathered {
    const [oldest] = this.#gathered.keys();
    if (this.#gathered.size >= GATHERED && oldest !== undefined) this.#tell(oldest);
    const timer = setTimeout(() => this.#tell(id), QUIET);
    const time = Math.round((performance.now() - this.#begin) * 1e6);
    const gathered = { messages: [], time, timer };
    this.#gathered.set(id, gathered);
    return gathered;
  }

  #tell(id: number): void {
    const gathered = this.#gathered.get(id);
    if (gathered === undefined) return;
    this.#gathered.delete(id);
    clearTimeout(gathered.timer);
    const { messages, time } = gathered;
    const { names, paint, print } = this.#options;
    const trace = toldTrace(messages, this.#programs, { rules: this.#rules, names, time });
    print(`${renderTrace(trace, { paint, title: idText(messages[0]!) })}\n`);
  }

  /** Tells what there is. */
  close(): void {
    for (const id of [...this.#gathered.keys()]) this.#tell(id);
  }
}

function ruleTextOf(programs: readonly Program[], trace: NftTrace): string {
  const { family, table, chain, handle } = trace;
  for (const { tables } of programs) {
    const found = tables.find((one) => one.family === family && one.name === table);
    const rules = found?.chains.find(({ name }) => name === chain)?.rules;
    const rule = rules?.find((one) => one.handle === handle);
    if (found !== undefined && rule !== undefined) return listRule(rule, found);
  }
  return `handle ${handle}`;
}

export const idText = ({ id }: NftTrace): string => id.toString(16).padStart(8, '0');

/** What JSON tells of a step. */
export const traceJson = (trace: NftTrace, programs: readonly Program[]) => ({
  id: idText(trace),
  type: trace.type,
  family: trace.family,
  table: trace.table,
  chain: trace.chain,
  ...(trace.handle !== undefined && { handle: trace.handle, rule: ruleTextOf(programs, trace) }),
  verdict: verdictText(trace),
  ...(trace.network.length > 0 && { packet: packetText(trace) }),
});
