// The rules of --match: a table of sluice's own for each family, which the kernel removes when the
// process is gone, however it went (NFT_TABLE_F_OWNER).

import { hex } from '../../../bytes/index.ts';
import { formatDiagnostic } from '../../../diagnostics/index.ts';
import {
  applyBatch,
  LITTLE_ENDIAN,
  type Libc,
  type Namespace,
  NetlinkSocket,
  SystemError,
  within,
} from '../../../linux/index.ts';
import { compile } from '../../../nft/index.ts';
import type { Batch, Change, Expr } from '../../../program/index.ts';
import { EXIT_USAGE, Failure } from '../../failure.ts';
import { owned } from '../../owned-table.ts';

export interface RulesRequest {
  /** An expression of the nft language; empty for every packet. */
  readonly match: string;
  readonly hooks: readonly string[];
  readonly priority: number;
  readonly first: number;
  readonly last: number;
  /** Let packets through when nobody listens. */
  readonly bypass: boolean;
}

const FAMILIES = ['ip', 'ip6'] as const;
const ENOENT = 2;
const EOPNOTSUPP = 95;

const queueStatement = ({ first, last, bypass }: RulesRequest): string => {
  const range = first === last ? `${first}` : `${first}-${last}`;
  return `queue${bypass ? ' flags bypass' : ''} to ${range}`;
};

const nameOf = ({ first }: RulesRequest): string => `sluice_queue_${first}`;

/** One table in nft's words; also what a person is told. */
export function rulesText(request: RulesRequest, family: string): string {
  const chains = request.hooks.map(
    (hook) =>
      `  chain ${hook} {\n    type filter hook ${hook} priority ${request.priority}; policy accept;\n` +
      `    ${request.match} ${queueStatement(request)}\n  }\n`,
  );
  return `table ${family} ${nameOf(request)} {\n${chains.join('')}}\n`;
}

/** The changes, or what is wrong with the match. */
function compiled(request: RulesRequest, family: string): Batch | string {
  const source = { name: '--match', text: rulesText(request, family) };
  const { batch, diagnostics, sources } = compile(source);
  const error = diagnostics.find((d) => d.severity === 'error');
  return error === undefined ? batch : formatDiagnostic(error, sources);
}

/** struct xt_NFQ_info_v3 as the host holds it, padded to eight bytes. */
function nfqueueInfo(num: number, total: number, flags: number): string {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  [num, total, flags].forEach((value, i) => {
    view.setUint16(2 * i, value, LITTLE_ENDIAN);
  });
  return hex(bytes);
}

/** The statement as the target of xtables, for a kernel that is built without the former. */
const asTarget = (expr: Expr): Expr =>
  expr.kind === 'queue'
    ? {
        kind: 'target',
        name: 'NFQUEUE',
        rev: 3,
        info: { bytes: nfqueueInfo(expr.num ?? 0, expr.total ?? 1, expr.flags) },
      }
    : expr;

const withTarget = (change: Change): Change =>
  change.op === 'newrule'
    ? { ...change, rule: { ...change.rule, exprs: change.rule.exprs.map(asTarget) } }
    : change;

export class QueueRules {
  readonly #socket: NetlinkSocket;
  readonly #name: string;
  readonly #families: readonly ('ip' | 'ip6')[];
  #removed = false;

  /** @throws Failure: the match is wrong, or the kernel refuses the rules */
  constructor(libc: Libc, request: RulesRequest, namespace?: Namespace) {
    const batches = FAMILIES.map((family) => compiled(request, family));
    const good = batches.filter((b) => typeof b !== 'string');
    if (good.length === 0) throw new Failure(`the match is wrong\n${batches[0]}`, EXIT_USAGE);
    this.#socket = within(namespace, () => new NetlinkSocket(libc));
    this.#name = nameOf(request);
    this.#families = FAMILIES.filter((_, i) => typeof batches[i] !== 'string');
    try {
      this.#install(good.flat().map(owned));
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** Families that have the rules: a match may be about one of them alone. */
  get families(): readonly string[] {
    return this.#families;
  }

  #install(batch: Batch): void {
    const native = applyBatch(this.#socket, batch)[0];
    if (native === undefined) return;
    const unknown = native.errno === ENOENT || native.errno === EOPNOTSUPP;
    const refused = unknown ? applyBatch(this.#socket, batch.map(withTarget))[0] : native;
    if (refused === undefined) return;
    const error = new SystemError(`rules of table ${this.#name}`, refused.errno);
    throw new Failure(`${error.message}${refused.message && `; ${refused.message}`}`);
  }

  /**
   * No packet is queued any more, and those that are keep their place: when a base chain goes the
   * kernel drops whatever waits in any queue of the namespace (nf_queue_nf_hook_drop()).
   */
  silence(): void {
    if (this.#removed) return;
    const table = this.#name;
    applyBatch(
      this.#socket,
      this.#families.map((family): Change => ({ op: 'delrule', destroy: false, family, table })),
    );
  }

  /** Takes the tables away; to be called when nothing waits. Idempotent. */
  remove(): void {
    if (this.#removed) return;
    this.#removed = true;
    const table = { name: this.#name };
    applyBatch(
      this.#socket,
      this.#families.map((family): Change => ({ op: 'deltable', destroy: false, family, table })),
    );
    this.#socket.close();
  }
}
