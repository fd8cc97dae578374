// Steps of packets that a rule marked with `meta nftrace set 1`, gathered by packet, in the form of
// `trace`: the packet, then each chain with the rule it met.

import { LinkType } from '../../../capture/index.ts';
import { LITTLE_ENDIAN, type Libc, type Namespace, NetlinkListener } from '../../../linux/index.ts';
import { decodeTrace, kindOf, NFNL_GROUPS, type NftTrace } from '../../../netlink/index.ts';
import { listRule } from '../../../nft/index.ts';
import { printPacket } from '../../../packet/index.ts';
import type { Program } from '../../../program/index.ts';
import type { Paint } from '../../../trace/index.ts';

const NF_DROP = 0;
const NF_ACCEPT = 1;
const VERDICTS: Readonly<Record<number, string>> = {
  [NF_DROP]: 'drop',
  [NF_ACCEPT]: 'accept',
  [-1]: 'continue',
  [-2]: 'break',
  [-3]: 'jump',
  [-4]: 'goto',
  [-5]: 'return',
};
/** Packets whose first step is remembered. */
const REMEMBERED = 1024;

function ruleOf(programs: readonly Program[], trace: NftTrace): string {
  const { family, table, chain, handle } = trace;
  for (const { tables } of programs) {
    const found = tables.find((one) => one.family === family && one.name === table);
    const rules = found?.chains.find(({ name }) => name === chain)?.rules;
    const rule = rules?.find((one) => one.handle === handle);
    if (found !== undefined && rule !== undefined) return listRule(rule, found);
  }
  return `handle ${handle}`;
}

function verdictText({ verdict, type, policy }: NftTrace): string {
  if (type === 'policy') return `policy ${VERDICTS[policy ?? verdict?.code ?? NF_ACCEPT]}`;
  if (verdict === undefined) return '';
  const { code, chain } = verdict;
  return `${VERDICTS[code] ?? `verdict ${code}`}${chain === undefined ? '' : ` ${chain}`}`;
}

/** The packet's headers as far as the kernel tells them: 40 bytes and 20. */
function packetText({ network, transport }: NftTrace): string {
  const bytes = new Uint8Array([...network, ...transport]);
  return printPacket(bytes, LinkType.raw);
}

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

export class TraceText {
  readonly #names: (index: number) => string;
  readonly #paint: Paint;
  readonly #seen = new Set<number>();

  constructor(names: (index: number) => string, paint: Paint) {
    this.#names = names;
    this.#paint = paint;
  }

  /** The line of a step, behind the packet where this is its first. */
  step(trace: NftTrace, programs: readonly Program[]): string {
    const { paint, head } = { paint: this.#paint, head: this.#head(trace) };
    const { family, table, chain, type } = trace;
    const verdict = verdictText(trace);
    const colour = verdict.endsWith('drop') ? paint.red : paint.green;
    const what = type === 'rule' ? `✓ ${ruleOf(programs, trace)}` : '';
    const id = paint.dim(idText(trace));
    const shown = what.endsWith(verdict) ? '' : colour(verdict);
    return `${head}├─ ${id}  ${family} ${table} ${chain}  ${[what, shown].filter((word) => word !== '').join('  ')}\n`;
  }

  #head(trace: NftTrace): string {
    if (this.#seen.has(trace.id) || trace.network.length === 0) return '';
    if (this.#seen.size >= REMEMBERED) this.#seen.clear();
    this.#seen.add(trace.id);
    const { iif, oif } = trace;
    const where = [
      ...(iif === 0 ? [] : [`in ${this.#names(iif)}`]),
      ...(oif === 0 ? [] : [`out ${this.#names(oif)}`]),
    ].join(' ');
    return `${this.#paint.bold(packetText(trace))}\n│ ${idText(trace)}  ${where}\n`;
  }
}

export const idText = ({ id }: NftTrace): string => id.toString(16).padStart(8, '0');

/** What JSON tells of a step. */
export const traceJson = (trace: NftTrace, programs: readonly Program[]) => ({
  id: idText(trace),
  type: trace.type,
  family: trace.family,
  table: trace.table,
  chain: trace.chain,
  ...(trace.handle !== undefined && { handle: trace.handle, rule: ruleOf(programs, trace) }),
  verdict: verdictText(trace),
  ...(trace.network.length > 0 && { packet: packetText(trace) }),
});
