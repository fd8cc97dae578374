// xt_nfacct.c: counts into an accounting object, and holds where that is above its quota or has none.

import type { Netns } from '../../../core/index.ts';
import type { NfacctInfo } from '../../../program/index.ts';
import { type Account, knownAccounting } from '../../acct.ts';
import { refuse } from '../../errno.ts';
import type { PktInfo } from '../../pktinfo.ts';
import { matchModule, type XtMatch } from '../extension.ts';

class Nfacct implements XtMatch {
  readonly #account: Account;
  readonly #netns: Netns;

  constructor(account: Account, netns: Netns) {
    this.#account = account;
    this.#netns = netns;
  }

  activate(): void {
    this.#account.uses++;
  }

  deactivate(): void {
    this.#account.uses--;
  }

  matches(pkt: PktInfo): boolean {
    const wasOver = this.#account.isOver;
    const holds = this.#account.count(pkt.length);
    if (this.#account.isOver !== wasOver && this.#netns.tracer !== null) this.#tell(pkt);
    return holds;
  }

  /** NFNL_MSG_ACCT_OVERQUOTA, which `nfacct monitor` waits for. */
  #tell({ packet }: PktInfo): void {
    const { name, used } = this.#account;
    const text = `the quota of accounting object '${name}' is used up: ${used}`;
    this.#netns.emit(packet, { kind: 'note', room: 'engine', text });
  }

  why(): string {
    return `not over its quota: ${this.#account.used}`;
  }
}

export const nfacct = matchModule<NfacctInfo>({
  name: 'nfacct',
  placement: { families: ['ip', 'ip6', 'inet'] },
  prepare({ name }, { env: { netns } }) {
    const accounting = knownAccounting(netns);
    // A file of rules does not say which objects there are, nor which of them have a quota.
    if (accounting === null) return 'no list of nfacct says which accounting objects there are';
    const account = accounting.find(name);
    if (account === undefined) return refuse('ENOENT', `there is no accounting object '${name}'`);
    return new Nfacct(account, netns);
  },
});
