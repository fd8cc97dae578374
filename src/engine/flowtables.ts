// The flowtables of a ruleset on their devices (nft_register_flowtable_net_hooks()). What they do with
// packets is room flowtable's affair, which stands above this one and is handed in.

import type { Conntrack, Direction } from '../conntrack/index.ts';
import type { NetDevice, Netns, Packet } from '../core/index.ts';
import type { Family, Flowtable } from '../program/index.ts';
import { devicesNamed } from './devices.ts';
import type { RulesetState } from './state/ruleset.ts';
import type { RuntimeFlowtable, Table } from './state/table.ts';

/** Whose flowtable it is. */
export interface FlowtableOwner {
  readonly netns: Netns;
  readonly conntrack: Conntrack;
  readonly family: Family;
  readonly table: string;
}

/** A flowtable that works: struct nf_flowtable. */
export interface RunningFlowtable {
  /** `flow add`, its conditions met: '' where the flow is in, else why it is not. */
  add(packet: Packet, slot: number, dir: Direction): string;
  /** Has its hook on these devices and on no others. */
  listenOn(devices: readonly NetDevice[]): void;
  /** Gives every flow back to the rules and takes the hooks away. */
  close(): void;
}

export type OpenFlowtable = (owner: FlowtableOwner, spec: Flowtable) => RunningFlowtable;

export class Flowtables {
  readonly #netns: Netns;
  readonly #open: OpenFlowtable;
  readonly #running = new Map<RuntimeFlowtable, { readonly table: Table }>();

  constructor(netns: Netns, open: OpenFlowtable) {
    this.#netns = netns;
    this.#open = open;
  }

  /** Behind a commit: opens, changes and closes what `tables` and the tables that went had. */
  sync(state: RulesetState, tables: Iterable<Table>, conntrack: Conntrack): void {
    for (const [flowtable, { table }] of this.#running)
      if (
        state.find(table.family, table.name) !== table ||
        table.flowtables.get(flowtable.spec.name) !== flowtable
      )
        this.#close(flowtable);
    for (const table of tables)
      if (state.find(table.family, table.name) === table)
        for (const flowtable of table.flowtables.values()) this.#run(table, flowtable, conntrack);
  }

  #run(table: Table, flowtable: RuntimeFlowtable, conntrack: Conntrack): void {
    const { family, name } = table;
    const owner = { netns: this.#netns, conntrack, family, table: name };
    flowtable.running ??= this.#open(owner, flowtable.spec);
    flowtable.running.listenOn(devicesNamed(this.#netns, flowtable.spec.devices));
    this.#running.set(flowtable, { table });
  }

  #close(flowtable: RuntimeFlowtable): void {
    flowtable.running?.close();
    flowtable.running = null;
    this.#running.delete(flowtable);
  }

  devicesChanged(): void {
    for (const { running, spec } of this.#running.keys())
      running?.listenOn(devicesNamed(this.#netns, spec.devices));
  }

  close(): void {
    for (const flowtable of [...this.#running.keys()]) this.#close(flowtable);
  }
}
