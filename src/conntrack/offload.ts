// What flow tables do to the entries they carry: nf_flow_table_core.c where it touches struct nf_conn.

import type { Netns } from '../core/index.ts';
import { NS_PER_SECOND } from '../core/index.ts';
import { IPPROTO_TCP, IPPROTO_UDP } from '../uapi/index.ts';
import {
  IP_CT_TCP_FLAG_BE_LIBERAL,
  IP_CT_TCP_FLAG_CLOSE_INIT,
  IP_CT_TCP_FLAG_MAXACK_SET,
  IPS_CONFIRMED,
  IPS_DYING,
  IPS_HW_OFFLOAD,
  IPS_OFFLOAD,
  IPS_SEEN_REPLY,
  TCP_CONNTRACK_CLOSE,
  TCP_CONNTRACK_CLOSE_WAIT,
  TCP_CONNTRACK_ESTABLISHED,
  TCP_CONNTRACK_FIN_WAIT,
  TCP_CONNTRACK_LAST_ACK,
  TCP_CONNTRACK_TIME_WAIT,
} from './constants.ts';
import type { Store } from './store.ts';
import {
  FLOWTABLE_TCP_TIMEOUT,
  FLOWTABLE_UDP_TIMEOUT,
  type Sysctl,
  TCP_TIMEOUTS,
  timeoutOf,
  UDP_TIMEOUTS,
} from './sysctl.ts';
import { CHUNK_BITS, CHUNK_MASK, ROW, W_L4, W_PROTO } from './table.ts';
import { L_STATE, L_TD_MAXWIN } from './tcp-layout.ts';
import { peerFlags, setPeerFlags } from './tcp-window.ts';

/** NF_CT_DAY. */
const DAY = 86_400 * NS_PER_SECOND;
const FIVE_MINUTES = 300 * NS_PER_SECOND;
/** NF_FLOW_TIMEOUT: of what is neither TCP nor UDP. */
const FLOW_TIMEOUT = 30 * NS_PER_SECOND;

/** States a connection may be left in for minutes. */
const LINGERING: readonly number[] = [
  TCP_CONNTRACK_FIN_WAIT,
  TCP_CONNTRACK_CLOSE_WAIT,
  TCP_CONNTRACK_LAST_ACK,
  TCP_CONNTRACK_TIME_WAIT,
];

/** How a flow ends. */
export interface FlowEnd {
  /** A FIN or RST went by (NF_FLOW_CLOSING). */
  readonly closing: boolean;
  /** Its time was over, so its connection has been silent for as long. */
  readonly expired: boolean;
}

/** Entries on their way into flow tables and back. */
export class Offload {
  readonly #store: Store;
  readonly #netns: Netns;

  constructor(store: Store) {
    this.#store = store;
    this.#netns = store.netns;
  }

  /** test_and_set_bit(IPS_OFFLOAD_BIT): false where a flow table has it already. */
  claim(slot: number): boolean {
    if ((this.#store.status(slot) & IPS_OFFLOAD) !== 0) return false;
    this.#store.addStatus(slot, IPS_OFFLOAD);
    return true;
  }

  /** It belongs to the rules again. */
  release(slot: number): void {
    const status = this.#store.status(slot);
    this.#store.setStatus(slot, status & ~(IPS_OFFLOAD | IPS_HW_OFFLOAD));
  }

  /** The flow is in: what the tracker will not see, it must not miss, nor may the entry end. */
  begin(slot: number): void {
    if (this.#protocol(slot) === IPPROTO_TCP)
      this.#changeFlags(slot, (flags) => flags | IP_CT_TCP_FLAG_BE_LIBERAL);
    this.#store.refresh(slot, DAY);
  }

  /** flow_offload_teardown(), flow_offload_fixup_ct(). */
  end(slot: number, { closing, expired }: FlowEnd): void {
    this.release(slot);
    const isTcp = this.#protocol(slot) === IPPROTO_TCP;
    if (!isTcp && this.#protocol(slot) !== IPPROTO_UDP) return;
    const closes = isTcp && closing;
    if (isTcp) this.#forgetWindows(slot, closes);
    const silent = expired && !closes ? this.flowTimeout(slot) : 0;
    const timeout = Math.max(0, timeoutOf(this.#netns, this.#sysctl(slot, isTcp)) - silent);
    const left = this.#store.table.deadline(slot) - this.#store.now;
    if (closes || left > timeout) this.#store.refresh(slot, timeout);
  }

  #sysctl(slot: number, isTcp: boolean): Sysctl {
    if (isTcp) return TCP_TIMEOUTS[this.#state(slot)]!;
    return UDP_TIMEOUTS[(this.#store.status(slot) & IPS_SEEN_REPLY) !== 0 ? 1 : 0]!;
  }

  /**
   * nf_flow_table_extend_ct_timeout(): a packet that the rules saw has set a short time, and those of
   * the flow will not prolong it. (From 6.14 on, until it was mended, the kernel compared the wrong
   * numbers here and prolonged nothing.)
   */
  prolong(slot: number): void {
    const { table, now } = this.#store;
    const left = table.deadline(slot) - now;
    if (left <= 0 || left >= FIVE_MINUTES) return;
    const timeout = this.#protocol(slot) === IPPROTO_TCP ? this.#tcpTime(slot) : DAY;
    if (timeout > 0) table.setDeadline(slot, now + timeout);
  }

  /** nf_flow_table_tcp_timeout(). */
  #tcpTime(slot: number): number {
    const state = this.#state(slot);
    if (state === TCP_CONNTRACK_ESTABLISHED) return DAY;
    return LINGERING.includes(state) ? FIVE_MINUTES : 0;
  }

  /** flow_offload_get_timeout(), in nanoseconds. */
  flowTimeout(slot: number): number {
    switch (this.#protocol(slot)) {
      case IPPROTO_TCP:
        return timeoutOf(this.#netns, FLOWTABLE_TCP_TIMEOUT);
      case IPPROTO_UDP:
        return timeoutOf(this.#netns, FLOWTABLE_UDP_TIMEOUT);
      default:
        return FLOW_TIMEOUT;
    }
  }

  /** Whether a slot still holds the live entry it held when it had this id. */
  isAlive(slot: number, id: number): boolean {
    const live = (this.#store.status(slot) & (IPS_CONFIRMED | IPS_DYING)) === IPS_CONFIRMED;
    return live && this.#store.idOf(slot) >>> 0 === id;
  }

  /** flow_offload_fixup_tcp(): windows are learned anew, and a closed connection may be opened again. */
  #forgetWindows(slot: number, closes: boolean): void {
    const { table } = this.#store;
    if (closes) table.set(slot, W_L4 + L_STATE, TCP_CONNTRACK_CLOSE);
    for (const dir of [0, 1] as const) table.set(slot, W_L4 + L_TD_MAXWIN + dir, 0);
    const closed = this.#state(slot) === TCP_CONNTRACK_CLOSE;
    this.#changeFlags(slot, (flags, dir) => {
      const kept = flags & ~IP_CT_TCP_FLAG_MAXACK_SET;
      return closed && dir === 0 ? kept | IP_CT_TCP_FLAG_CLOSE_INIT : kept;
    });
  }

  #changeFlags(slot: number, change: (flags: number, dir: number) => number): void {
    const row = this.#store.table.rows[slot >>> CHUNK_BITS]!;
    const at = (slot & CHUNK_MASK) * ROW + W_L4;
    for (const dir of [0, 1] as const)
      setPeerFlags(row, at, dir, change(peerFlags(row, at, dir), dir));
  }

  #state(slot: number): number {
    return this.#store.table.get(slot, W_L4 + L_STATE);
  }

  #protocol(slot: number): number {
    return (this.#store.table.get(slot, W_PROTO) >>> 8) & 0xff;
  }
}
