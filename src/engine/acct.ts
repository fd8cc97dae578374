// Accounting objects of a namespace (net/netfilter/nfnetlink_acct.c): made from outside, counted into by
// rules of xt_nfacct.

import type { Netns } from '../core/index.ts';
import type { AcctObject } from '../program/index.ts';

/** NFACCT_NAME_MAX with the zero behind it. */
const NAME_MAX = 32;

export type AcctErrno = 'EINVAL' | 'EBUSY' | 'ENOENT';

/** What is counted from here on, beside the 64-bit number it began with. */
class Count {
  readonly #before: bigint;
  added = 0;

  constructor(before: string) {
    this.#before = BigInt(before);
  }

  /** How much more until it is `quota`; below 0 where it is above. */
  until(quota: string): number {
    return Number(BigInt(quota) - this.#before);
  }

  get text(): string {
    return String(BigInt.asUintN(64, this.#before + BigInt(this.added)));
  }
}

/** struct nf_acct. */
export class Account {
  readonly name: string;
  readonly #quota: AcctObject['quota'];
  #packets: Count;
  #bytes: Count;
  /** What the quota is about, and how much of it there was when counting began. */
  #counted: Count;
  #left = 0;
  /** NFACCT_F_OVERQUOTA */
  isOver: boolean;
  /** Rules that name it. */
  uses = 0;

  constructor({ name, packets, bytes, quota }: AcctObject) {
    this.name = name;
    this.#quota = quota;
    this.isOver = quota?.over === true;
    this.#packets = new Count(packets);
    this.#bytes = new Count(bytes);
    this.#counted = this.#begin();
  }

  #begin(): Count {
    const quota = this.#quota;
    const counted = quota?.mode === 'packet' ? this.#packets : this.#bytes;
    this.#left = quota === undefined ? 0 : counted.until(quota.value);
    return counted;
  }

  /**
   * nfnl_acct_update() and nfnl_acct_overquota(): whether the match holds, which it does without a quota,
   * and above one. It is told already when the quota is used up to the last.
   */
  count(length: number): boolean {
    this.#packets.added++;
    this.#bytes.added += length;
    if (this.#quota === undefined) return true;
    const used = this.#counted.added;
    if (used >= this.#left) this.isOver = true;
    return used > this.#left;
  }

  /** NFNL_MSG_ACCT_GET_CTRZERO */
  reset(): void {
    this.#packets = new Count('0');
    this.#bytes = new Count('0');
    this.#counted = this.#begin();
    this.isOver = false;
  }

  /** `5 of 4 packets`; undefined without a quota. */
  get used(): string | undefined {
    const quota = this.#quota;
    return quota && `${this.#counted.text} of ${quota.value} ${quota.mode}s`;
  }

  describe(): AcctObject {
    const quota = this.#quota && { quota: { ...this.#quota, over: this.isOver } };
    return { name: this.name, packets: this.#packets.text, bytes: this.#bytes.text, ...quota };
  }
}

export class Accounting {
  readonly #accounts: Account[] = [];

  /** In the order they were made. */
  list(): readonly Account[] {
    return this.#accounts;
  }

  find(name: string): Account | undefined {
    return this.#accounts.find((one) => one.name === name);
  }

  /** nfnl_acct_new() */
  add(object: AcctObject): AcctErrno | '' {
    if (object.name === '' || object.name.length >= NAME_MAX) return 'EINVAL';
    if (this.find(object.name) !== undefined) return 'EBUSY';
    this.#accounts.push(new Account(object));
    return '';
  }

  /** nfnl_acct_try_del() */
  delete(name: string): AcctErrno | '' {
    const account = this.find(name);
    if (account === undefined) return 'ENOENT';
    if (account.uses > 0) return 'EBUSY';
    this.#accounts.splice(this.#accounts.indexOf(account), 1);
    return '';
  }

  /** Those that no rule names. */
  flush(): void {
    for (const { name } of [...this.#accounts]) this.delete(name);
  }

  save(): AcctObject[] {
    return this.#accounts.map((one) => one.describe());
  }

  /** Puts back what `save` gave. */
  restore(objects: readonly AcctObject[]): void {
    for (const object of objects) this.add(object);
  }
}

const registries = new WeakMap<Netns, Accounting>();

/** The accounting objects of a namespace; from the first call on it is known which there are. */
export function accountingOf(netns: Netns): Accounting {
  const accounting = registries.get(netns) ?? new Accounting();
  registries.set(netns, accounting);
  return accounting;
}

/** As `accountingOf`, or null where nobody ever said which objects there are. */
export const knownAccounting = (netns: Netns): Accounting | null => registries.get(netns) ?? null;
