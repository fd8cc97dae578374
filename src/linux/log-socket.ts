// Groups of NFLOG: packets that rules log (net/netfilter/nfnetlink_log.c).

import {
  decodeLoggedPacket,
  encodeLogConfig,
  LOG_PACKET,
  type LoggedPacket,
  logBinding,
  logConnections,
  logUnbinding,
} from '../netlink/index.ts';
import type { Libc } from './libc.ts';
import { NetlinkListener } from './netlink-listener.ts';
import { LITTLE_ENDIAN } from './netlink-open.ts';
import type { Namespace } from './netns.ts';

export interface LogListener {
  packet(packet: LoggedPacket): void;
  /** Packets were logged that nobody could take, or a message that cannot be read. */
  lost(): void;
}

export interface LogSocketOptions {
  readonly groups: readonly number[];
  /** Bytes of each packet; default all of them. */
  readonly copyRange?: number;
  readonly namespace?: Namespace;
}

export class LogSocket {
  readonly #listener: NetlinkListener;
  readonly #groups: readonly number[];
  #closed = false;

  /** @throws SystemError: no root, no nfnetlink_log in this kernel, the group is somebody else's */
  constructor(libc: Libc, to: LogListener, { groups, copyRange, namespace }: LogSocketOptions) {
    this.#listener = new NetlinkListener(
      libc,
      {
        message: (message) => {
          if (message.type !== LOG_PACKET) return;
          const packet = decodeLoggedPacket(message, LITTLE_ENDIAN);
          if ('ok' in packet) to.lost();
          else to.packet(packet);
        },
        lost: () => to.lost(),
      },
      namespace === undefined ? {} : { namespace },
    );
    this.#groups = groups;
    try {
      for (const group of groups) this.#bind(group, copyRange);
    } catch (error) {
      this.#listener.close();
      throw error;
    }
  }

  #bind(group: number, copyRange: number | undefined): void {
    this.#listener.request(`bind log group ${group}`, (seq) =>
      encodeLogConfig(logBinding(group, copyRange), seq, LITTLE_ENDIAN),
    );
    try {
      this.#listener.request(`log group ${group}`, (seq) =>
        encodeLogConfig(logConnections(group), seq, LITTLE_ENDIAN),
      );
    } catch {}
  }

  /** The kernel sends what it gathered when a group loses its reader, so all of it is still told. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const group of this.#groups) {
      const config = logUnbinding(group);
      try {
        this.#listener.request(`leave log group ${group}`, (seq) =>
          encodeLogConfig(config, seq, LITTLE_ENDIAN),
        );
      } catch {}
    }
    this.#listener.close();
  }
}
