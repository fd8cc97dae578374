// What a packet handler is: a function from a packet to a verdict, or a module with more to say.

import type { Clock } from '../core/index.ts';
import type { QueuedPacket } from './packet.ts';

/** What becomes of a packet; nothing means `accept`. */
export type Answer =
  | 'accept'
  | 'drop'
  /** Call the same hook again. */
  | 'repeat'
  /** Accept, and call no further hook of this point. */
  | 'stop'
  /** On to another queue; with `bypass` it is accepted where nobody listens on that. */
  | { readonly queue: number; readonly bypass?: boolean }
  | undefined;

/**
 * Looks at a packet, changes it where it likes, and answers. A handler that throws, rejects or does
 * not answer in time has no say: the packet goes its way as it came, by the policy.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that returns nothing accepts
export type Handler = (packet: QueuedPacket) => Answer | void | Promise<Answer | void>;

/** What a handler's module is given when it is opened. */
export interface HandlerContext {
  /** Time of the queue: the kernel's, a capture's or the engine's. */
  readonly clock: Clock;
  /** Words after the handler's own arguments. */
  readonly args: readonly string[];
  /** A line for the person who watches. */
  log(text: string): void;
}

export interface HandlerModule {
  /** What it wants to see, in nft words: `udp dport 1331`. */
  readonly match?: string;
  /** Before the first packet. */
  open?(context: HandlerContext): void | Promise<void>;
  handle: Handler;
  /** On SIGHUP: read tables again. Packets go on meanwhile. */
  reload?(context: HandlerContext): void | Promise<void>;
  /** After the last packet. */
  close?(): void | Promise<void>;
}

/** Says that an object is a handler's module; gives it back with its type. */
export const defineHandler = <T extends HandlerModule>(module: T): T => module;

/**
 * The handler in what a file exports as its default: a function, or an object with `handle`.
 * @throws TypeError in one sentence, when it is neither
 */
export function handlerModule(exported: unknown): HandlerModule {
  if (typeof exported === 'function') return { handle: exported as Handler };
  if (typeof exported !== 'object' || exported === null) {
    throw new TypeError('the default export is neither a function nor an object with handle()');
  }
  const module = exported as Record<string, unknown>;
  if (typeof module.handle !== 'function') throw new TypeError('the handler has no handle()');
  for (const name of ['open', 'reload', 'close']) {
    if (module[name] !== undefined && typeof module[name] !== 'function')
      throw new TypeError(`${name} of the handler is no function`);
  }
  if (module.match !== undefined && typeof module.match !== 'string')
    throw new TypeError('match of the handler is no text');
  return exported as HandlerModule;
}
