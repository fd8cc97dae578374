// Base chains as hook functions: nft_do_chain_ipv4 and its siblings in nft_chain_filter.c, and the
// rerouting of nft_chain_route.c.

import type { HookEntry, HookPoint, Netns, Packet, Verdict } from '../core/index.ts';
import { ACCEPT, DROP, Nfproto, queueVerdict, STOLEN, STOP } from '../core/index.ts';
import type { Executor } from './executor.ts';
import {
  ETH_P_IP,
  ETH_P_IPV6,
  PktInfo,
  setIpv4Validated,
  setIpv6Validated,
  setPktInfo,
} from './pktinfo.ts';
import type { Chain } from './state/chain.ts';
import { NF_ACCEPT, NF_DROP, NF_QUEUE } from './verdict.ts';

const NFT_QUEUE_FLAG_BYPASS = 1;

/** Walks nest where a rule sends a packet of its own, so each depth has its own state. */
class WalkStates {
  readonly #states: PktInfo[] = [];
  #depth = 0;

  take(): PktInfo {
    let state = this.#states[this.#depth];
    if (state === undefined) {
      state = new PktInfo();
      this.#states.push(state);
    }
    this.#depth++;
    return state;
  }

  give(): void {
    this.#depth--;
  }
}

/** Queue verdicts by number, without and with bypass; made at first use. */
class QueueVerdicts {
  readonly #plain: Verdict[] = [];
  readonly #bypass: Verdict[] = [];

  of(num: number, bypass: boolean): Verdict {
    const list = bypass ? this.#bypass : this.#plain;
    let verdict = list[num];
    if (verdict === undefined) {
      verdict = queueVerdict(num, bypass);
      list[num] = verdict;
    }
    return verdict;
  }
}

export class HookRunner {
  readonly #netns: Netns;
  readonly #executor: Executor;
  readonly #states = new WalkStates();
  readonly #queues = new QueueVerdicts();

  constructor(netns: Netns, executor: Executor) {
    this.#netns = netns;
    this.#executor = executor;
  }

  entry(chain: Chain, priority: number): HookEntry {
    return {
      kind: 'chain',
      name: chain.title,
      priority,
      run: this.#function(chain),
      rules: () => chain.rules.length,
    };
  }

  #function(chain: Chain): HookEntry['run'] {
    if (chain.table.family === 'inet' && chain.base?.hook === 'ingress')
      return (packet, point) => this.#runInetIngress(chain, packet, point);
    if (chain.table.family === 'bridge' && chain.base?.hook === 'prerouting')
      return (packet, point) => this.#runBrouting(chain, packet, point);
    if (chain.base?.type === 'route')
      return (packet, point) => this.#runRoute(chain, packet, point);
    return (packet, point) => this.#run(chain, packet, point);
  }

  #run(chain: Chain, packet: Packet, point: HookPoint): Verdict {
    const pkt = this.#states.take();
    try {
      setPktInfo(pkt, packet, point, Nfproto[point.family]);
      return this.#verdict(this.#executor.run(chain, pkt), pkt);
    } finally {
      this.#states.give();
    }
  }

  #verdict(code: number, pkt: PktInfo): Verdict {
    if (code === NF_ACCEPT) return ACCEPT;
    if (code === NF_DROP) return DROP;
    if (code !== NF_QUEUE) return STOLEN;
    return this.#queues.of(pkt.queueNum, (pkt.queueFlags & NFT_QUEUE_FLAG_BYPASS) !== 0);
  }

  /** nft_do_chain_inet_ingress(): IP only, and only with sound headers. */
  #runInetIngress(chain: Chain, packet: Packet, point: HookPoint): Verdict {
    if (packet.protocol !== ETH_P_IP && packet.protocol !== ETH_P_IPV6) return ACCEPT;
    const v4 = packet.protocol === ETH_P_IP;
    const pkt = this.#states.take();
    try {
      setPktInfo(pkt, packet, point, Nfproto.netdev);
      pkt.pf = v4 ? Nfproto.ip : Nfproto.ip6;
      if (v4) setIpv4Validated(pkt);
      else setIpv6Validated(pkt);
      if (!pkt.l4) return DROP;
      return this.#verdict(this.#executor.run(chain, pkt), pkt);
    } finally {
      this.#states.give();
    }
  }

  /** nf_hook_bridge_pre(): what is to be routed meets no further hook of the bridge. */
  #runBrouting(chain: Chain, packet: Packet, point: HookPoint): Verdict {
    const verdict = this.#run(chain, packet, point);
    return verdict === ACCEPT && packet.broute ? STOP : verdict;
  }

  /** nf_route_table_hook4/6(): what routing depends on has changed, so it decides again. */
  #runRoute(chain: Chain, packet: Packet, point: HookPoint): Verdict {
    const { mark } = packet;
    const before = routingFields(packet, point);
    const verdict = this.#run(chain, packet, point);
    if (verdict === DROP || verdict === STOLEN) return verdict;
    if (packet.mark === mark && before === routingFields(packet, point)) return verdict;
    return this.#netns.network?.reroute(packet) === false ? DROP : verdict;
  }
}

/** Addresses and type of service, or for IPv6 addresses, flow label and hop limit, as one text. */
function routingFields(packet: Packet, point: HookPoint): string {
  const { buf, network } = packet;
  if (point.family === 'ip')
    return `${buf[network + 1]} ${buf.subarray(network + 12, network + 20)}`;
  const first = `${buf.subarray(network, network + 4)} ${buf[network + 7]}`;
  return `${first} ${buf.subarray(network + 8, network + 40)}`;
}
