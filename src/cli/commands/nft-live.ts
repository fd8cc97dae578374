// `sluice nft --live`: what nft lists, of the running kernel's ruleset.

import {
  KernelRuleset,
  LITTLE_ENDIAN,
  loadLibc,
  Namespace,
  NetlinkSocket,
  within,
} from '../../linux/index.ts';
import { decodeRoute, NETLINK_ROUTE, routeDump } from '../../netlink/index.ts';
import { Failure } from '../failure.ts';
import { EMPTY_STATE, type RulesetStore, type Stored } from './nft-store.ts';

/** Names of interfaces, by which rules that name one by its index are listed. */
function interfaceIndexes(socket: NetlinkSocket): Readonly<Record<string, number>> {
  const links = socket
    .dump(routeDump('links', socket.nextSeq()), 'list interfaces')
    .map((message) => decodeRoute(message, LITTLE_ENDIAN));
  const named = links.flatMap((link) =>
    'kind' in link && link.kind === 'link' ? [[link.name, link.index] as const] : [],
  );
  return Object.fromEntries(named);
}

/** The kernel's ruleset in the place of a kept one; it is looked at, not changed. */
export class LiveStore implements RulesetStore {
  readonly path = '<kernel>';
  readonly #ruleset: KernelRuleset;
  readonly #routes: NetlinkSocket;
  readonly #namespace: Namespace | undefined;

  /** @throws Failure without root, or where there is no such namespace */
  static async open(netns: string | undefined): Promise<LiveStore> {
    try {
      const libc = await loadLibc();
      const namespace = netns === undefined ? undefined : new Namespace(libc, netns);
      const routes = () => new NetlinkSocket(libc, NETLINK_ROUTE);
      const ruleset = new KernelRuleset(libc, namespace);
      return new LiveStore(ruleset, within(namespace, routes), namespace);
    } catch (error) {
      throw new Failure(error instanceof Error ? error.message : String(error));
    }
  }

  private constructor(
    ruleset: KernelRuleset,
    routes: NetlinkSocket,
    namespace: Namespace | undefined,
  ) {
    this.#ruleset = ruleset;
    this.#routes = routes;
    this.#namespace = namespace;
  }

  read(before?: Stored): Stored {
    if (before !== undefined) return before;
    const program = this.#ruleset.list();
    const interfaces = interfaceIndexes(this.#routes);
    return { state: { ...EMPTY_STATE, program, interfaces, at: Date.now() }, text: undefined };
  }

  exclusively<T>(): T {
    throw new Failure('--live lists the ruleset; nft changes it');
  }

  write(): Stored {
    throw new Failure('--live lists the ruleset; nft changes it');
  }

  close(): void {
    this.#ruleset.close();
    this.#routes.close();
    this.#namespace?.close();
  }
}
