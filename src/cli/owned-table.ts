// A table of sluice's own in the running kernel, owned by the socket it came by (NFT_TABLE_F_OWNER):
// when the process is gone, however it went, so is the table.

import { formatDiagnostic } from '../diagnostics/index.ts';
import {
  applyBatch,
  type Libc,
  type Namespace,
  NetlinkSocket,
  SystemError,
  within,
} from '../linux/index.ts';
import { compile, type Names } from '../nft/index.ts';
import type { Batch, Change } from '../program/index.ts';
import { Failure } from './failure.ts';

const EPERM = 1;

/** A ruleset that sluice wrote, with a person's words in it. @throws Failure with the place */
export function compiledText(name: string, text: string, symbols: Names = {}): Batch {
  const { batch, diagnostics, sources } = compile({ name, text }, { symbols });
  const error = diagnostics.find(({ severity }) => severity === 'error');
  if (error !== undefined) throw new Failure(formatDiagnostic(error, sources));
  return batch;
}

/** With the flag by which the kernel removes a table when its maker is gone. */
export const owned = (change: Change): Change =>
  change.op === 'newtable'
    ? { ...change, table: { ...change.table, flags: ['owner' as const] } }
    : change;

/** One that was left by a kernel without owners is replaced. */
const clearing = (table: string): Batch =>
  compiledText(table, `table inet ${table} { }\ndelete table inet ${table}\n`);

export class OwnedTable {
  readonly #socket: NetlinkSocket;

  /**
   * @param batch makes the table `inet` of that name, and nothing else
   * @throws Failure: the kernel refuses, or another process owns a table of that name
   */
  constructor(libc: Libc, table: string, batch: Batch, namespace?: Namespace) {
    this.#socket = within(namespace, () => new NetlinkSocket(libc));
    const [refused] = applyBatch(this.#socket, [...clearing(table), ...batch.map(owned)]);
    if (refused === undefined) return;
    this.#socket.close();
    const taken = refused.errno === EPERM && process.getuid?.() === 0;
    const cause = taken ? 'the same command is running here already' : undefined;
    throw new Failure(new SystemError(`rules of table ${table}`, refused.errno, cause).message);
  }

  /** Takes the rules away: the table goes with its owner. */
  remove(): void {
    this.#socket.close();
  }
}
