// What happens to connections, told to whoever listens (nf_conntrack_ecache.c).

import type { Subscription } from '../core/index.ts';
import type { ConntrackEntry } from './entry.ts';
import type { Expectation } from './expect.ts';
import type { ExpectationEntry } from './expect-entry.ts';

/**
 * Events of connections come once per packet, when it leaves at confirm; destroy comes at once.
 * `flags` are bits `1 << IPCT_*`.
 */
export type ConntrackEvent =
  | {
      readonly type: 'new' | 'update' | 'destroy';
      readonly entry: ConntrackEntry;
      readonly flags: number;
    }
  | {
      readonly type: 'expect-new' | 'expect-destroy';
      readonly expectation: Expectation;
      readonly expected: ExpectationEntry;
    };

export type ConntrackListener = (event: ConntrackEvent) => void;

export class EventHub {
  #listeners: readonly ConntrackListener[] = [];

  /** Whether making an event is worth while. */
  get wanted(): boolean {
    return this.#listeners.length > 0;
  }

  listen(listener: ConntrackListener): Subscription {
    this.#listeners = [...this.#listeners, listener];
    return {
      close: () => {
        this.#listeners = this.#listeners.filter((one) => one !== listener);
      },
    };
  }

  emit(event: ConntrackEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
