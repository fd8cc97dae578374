// Which prefix lengths there are in a set, longest first: mtype_add_cidr() and mtype_del_cidr() of
// net/netfilter/ipset/ip_set_hash_gen.h.

/** The prefix lengths of one address of a type. */
export class Nets {
  /** Longest first; a look-up goes through these alone. */
  readonly lengths: number[] = [];
  readonly #counts = new Uint32Array(129);

  add(cidr: number): void {
    if (this.#counts[cidr] === 0) {
      const at = this.lengths.findIndex((length) => length < cidr);
      this.lengths.splice(at < 0 ? this.lengths.length : at, 0, cidr);
    }
    this.#counts[cidr] = this.#counts[cidr]! + 1;
  }

  delete(cidr: number): void {
    if (this.#counts[cidr] === 0) return;
    this.#counts[cidr] = this.#counts[cidr]! - 1;
    if (this.#counts[cidr] === 0) this.lengths.splice(this.lengths.indexOf(cidr), 1);
  }

  /** INIT_CIDR(): what a packet's address is cut to before it is added or deleted. */
  longest(otherwise: number): number {
    return this.lengths[0] ?? otherwise;
  }

  clear(): void {
    this.lengths.length = 0;
    this.#counts.fill(0);
  }
}
