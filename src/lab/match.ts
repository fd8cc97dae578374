// Which packets an expression of the nft language means, asked without a ruleset around it.

import {
  createDevice,
  ETH_P_IP,
  ETH_P_IPV6,
  type ManualClock,
  type NetDevice,
  Packet,
} from '../core/index.ts';
import { createFirewall, type Firewall } from './firewall.ts';
import { type Loaded, loadRuleset } from './ruleset.ts';

/** What is known of a packet beside its bytes. */
export interface MatchSubject {
  readonly indev?: string;
  readonly outdev?: string;
  readonly mark?: number;
}

const FAMILIES = ['ip', 'ip6'] as const;
const EVERYTHING = 1;

/** A rule in a forward chain: there both interfaces are known, and connections are tracked. */
const ruleset = (family: string, match: string): Loaded =>
  loadRuleset([
    {
      name: 'match',
      text: `table ${family} match { chain forward { type filter hook forward priority 0; ${match} queue to ${EVERYTHING} } }`,
    },
  ]);

export class Match {
  readonly #firewall: Firewall;
  readonly #packet = new Packet();
  #found = false;

  /**
   * @param text as in a rule, without a statement: `udp dport 1331`
   * @throws Error with what is wrong with it, where it is right in neither family
   */
  constructor(text: string, clock: ManualClock) {
    const loaded = FAMILIES.map((family) => ruleset(family, text));
    const good = loaded.filter(({ failed }) => !failed);
    if (good.length === 0) throw new Error(loaded[0]!.problems.map((p) => p.text).join('\n'));
    this.#firewall = createFirewall({
      network: { interfaces: [] },
      rulesets: good.map(({ batch }) => batch),
      clock,
      listen: false,
    });
    this.#firewall.netns.hooks.queues = {
      enqueue: () => {
        this.#found = true;
        return true;
      },
    };
  }

  #device(name: string | undefined): NetDevice | null {
    const { devices } = this.#firewall.netns;
    if (name === undefined || name === '') return null;
    const index = devices.list().length + 1;
    return devices.byName(name) ?? devices.add(createDevice({ index, name }));
  }

  /** @param bytes an IP packet; packets of a connection are to come in order */
  test(bytes: Uint8Array, { indev, outdev, mark = 0 }: MatchSubject = {}): boolean {
    const packet = this.#packet;
    const isV6 = bytes[0]! >>> 4 === 6;
    packet.fill(bytes, 0);
    packet.protocol = isV6 ? ETH_P_IPV6 : ETH_P_IP;
    packet.iif = this.#device(indev);
    packet.mark = mark;
    this.#found = false;
    const { hooks } = this.#firewall.netns;
    for (const hook of ['prerouting', 'forward', 'postrouting'] as const) {
      if (hook === 'forward') packet.oif = this.#device(outdev);
      // Found or not, a connection is not confirmed before its packet leaves.
      if (hooks.run(hooks.point(isV6 ? 'ip6' : 'ip', hook), packet).kind === 'drop') break;
    }
    return this.#found;
  }
}
