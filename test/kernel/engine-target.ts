// The engine on the same cases: the same topology, ruleset and frames, in virtual time.

import { runTimeout } from '../../src/cli/commands/nfct/timeout.ts';
import { parseWords } from '../../src/cli/commands/nfct/words.ts';
import { describeEntry, type SavedTimeouts, TimeoutPolicies } from '../../src/conntrack/index.ts';
import { manualClock, Netns, NS_PER_SECOND, seeded } from '../../src/core/index.ts';
import { accountingOf, ipSetsOf, parseFingerprints } from '../../src/engine/index.ts';
import {
  acctListText,
  type CompiledRestore,
  compileLine,
  compileRestore,
  ipsetErrorText,
  parseAcctList,
  parseIpsetRestore,
  saveRuleset,
} from '../../src/iptables/index.ts';
import { createFirewall, type Firewall } from '../../src/lab/index.ts';
import { compile, listJson } from '../../src/nft/index.ts';
import { removeAddress, type StackConfig, setLink } from '../../src/stack/index.ts';
import { shellWords } from '../shell-words.ts';
import {
  type Case,
  countsConnections,
  JIFFY_NS,
  type Outcome,
  resolved,
  type Sent,
  type Target,
  type Topology,
} from './case.ts';
import { frameFor, packetOf, toHex } from './frames.ts';
import { type Listing, namedState, ruleCounters } from './listing.ts';
import { helpersWith } from './parameters.ts';
import { ROUTER, SYSCTL } from './topology.ts';
import {
  FAMILY,
  isXtTool,
  linesOf,
  restoreFile,
  savedCounters,
  XT_TOOLS,
  type XtTool,
} from './xtables.ts';

/** Virtual time between two steps: on the kernel, too, a moment passes. */
const MOMENT = 1000;

/** Who runs the suite, and so has the kernel's sockets open. */
const ROOT = { uid: 0, gid: 0 } as const;

/** What a listing says of who made it. */
const ANY_VERSION = { version: '', releaseName: '' };

/** What a list of commands of nfct leaves. */
function savedPolicies(commands: readonly string[]): SavedTimeouts {
  const netns = new Netns({ clock: manualClock(), random: seeded(1) });
  const policies = new TimeoutPolicies(netns);
  for (const line of commands) {
    const { command, parameters } = parseWords(line.split(' '));
    runTimeout(command, policies, parameters);
  }
  return policies.save();
}

export class EngineTarget implements Target {
  readonly name = 'engine';

  run(one: Case): Outcome {
    return new Run(one).outcome();
  }

  close(): void {}
}

class Run {
  readonly #case: Case;
  readonly #topology: Topology;
  readonly #clock = manualClock(1_700_000_000);
  readonly #firewall: Firewall;
  readonly #looks: string[][] = [];
  readonly #expected: string[][] = [];
  #sent: Sent[] = [];

  constructor(one: Case) {
    this.#case = one;
    this.#topology = one.topology ?? ROUTER;
    this.#firewall = createFirewall({
      network: {
        ...stackConfig(this.#topology, { ...SYSCTL, ...one.sysctl }),
        sockets: (one.sockets ?? []).map((socket) => ({ ...ROOT, ...socket })),
      },
      rulesets: [],
      clock: this.#clock,
      random: seeded(1),
      fingerprints: parseFingerprints(one.fingerprints ?? '').fingerprints,
      ...(one.policies && { timeouts: savedPolicies(one.policies) }),
      listen: false,
      helpers: helpersWith(one.modules ?? {}),
      transmitted: (device, frame) => {
        if (device.name !== 'lo') this.#sent.push({ device: device.name, frame: toHex(frame) });
      },
    });
    this.#change(one.ruleset ?? '');
    for (const line of linesOf(one.xtables?.ipset ?? '')) this.#ipset(line);
    this.#restoreAccounting(one.xtables?.nfacct);
    for (const tool of XT_TOOLS) this.#xtables(tool, one.xtables?.[tool]);
    if (one.rules !== undefined) this.#firewall.apply(one.rules);
    this.#sent = [];
  }

  outcome(): Outcome {
    const sent: Sent[][] = [];
    for (const step of this.#case.steps) sent.push(this.#step(resolved(step, sent)));
    const listing: Listing = JSON.parse(listJson(this.#firewall.engine.list(), ANY_VERSION));
    return {
      sent,
      conntrack: this.#entries(),
      looks: this.#looks,
      expected: this.#expected,
      counters: [
        ...ruleCounters(listing, this.#case),
        ...XT_TOOLS.flatMap((tool) => savedCounters(this.#case, tool, this.#saved(tool))),
      ],
      named: [...namedState(listing), ...this.#accounting()],
    };
  }

  #saved(tool: XtTool): string {
    return saveRuleset(this.#firewall.engine.list(), FAMILY[tool], { counters: true });
  }

  #entries(): string[] {
    const entries = [...this.#firewall.conntrack.connections.dump()];
    return entries.map((entry) => describeEntry(entry));
  }

  #restoreAccounting(text: string | undefined): void {
    if (text === undefined) return;
    const { objects, problems } = parseAcctList({ name: this.#case.name, text });
    if (problems.length > 0) throw new Error(problems.map((p) => p.text).join('\n'));
    accountingOf(this.#firewall.netns).restore(objects);
  }

  #accounting(): string[] {
    if (this.#case.xtables?.nfacct === undefined) return [];
    return linesOf(acctListText(accountingOf(this.#firewall.netns).save(), 'plain', 0));
  }

  /** `nfacct get NAME reset`, `nfacct delete NAME`. @throws Error with the kernel's errno */
  #nfacct([command, name = '']: readonly string[]): void {
    const accounting = accountingOf(this.#firewall.netns);
    const errno = command === 'delete' ? accounting.delete(name) : '';
    if (errno !== '') throw new Error(errno);
    if (command === 'get') accounting.find(name)?.reset();
  }

  #look(at: 'conntrack' | 'expect'): void {
    if (at === 'conntrack') this.#looks.push(this.#entries());
    else this.#expected.push(this.#firewall.conntrack.expectations.lines());
  }

  #step(step: ReturnType<typeof resolved>): Sent[] {
    if ('look' in step) this.#look(step.look);
    else if ('gone' in step) {
      const { stack } = this.#firewall;
      removeAddress(stack, stack.interfaceNamed(step.dev), step.gone);
    } else if ('link' in step) {
      const { stack } = this.#firewall;
      setLink(stack, stack.interfaceNamed(step.dev), step.link === 'up');
    } else if ('wait' in step) this.#clock.advance(step.wait * NS_PER_SECOND);
    else if ('nft' in step)
      this.#mayRefuse(step.nft, step.refused ?? false, () => this.#change(step.nft));
    else if ('run' in step)
      this.#mayRefuse(step.run, step.refused ?? false, () => this.#run(step.run));
    else if ('local' in step) this.#firewall.stack.send(packetOf(step.local), ROOT);
    else this.#receive(step.on, step.packet);
    this.#clock.advance(countsConnections(this.#case) ? JIFFY_NS : MOMENT);
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  #receive(on: string, packet: string | Uint8Array): void {
    const link = this.#topology.interfaces.find((i) => i.name === on)!;
    const { device } = this.#firewall.stack.interfaceNamed(on);
    this.#firewall.stack.receive(device, frameFor(packet, link));
  }

  #mayRefuse(text: string, refused: boolean, change: () => void): void {
    let answer: unknown;
    try {
      change();
    } catch (error) {
      answer = error;
    }
    if ((answer !== undefined) !== refused)
      throw new Error(`the engine ${refused ? 'took' : 'refused'} ${text}: ${String(answer)}`);
  }

  /** A restore file, or command lines. */
  #xtables(tool: XtTool, text: string | undefined): void {
    if (text === undefined) return;
    if (text.trimStart().startsWith('*')) this.#restore(tool, text);
    else for (const line of linesOf(text)) this.#run(`${tool} ${line}`);
  }

  #restore(tool: XtTool, text: string): void {
    const current = this.#firewall.engine.list();
    const options = { family: FAMILY[tool], current, counters: true, strict: true };
    const source = { name: this.#case.name, text: restoreFile(text) };
    this.#apply(compileRestore(source, options));
  }

  /** A line of `ipset restore`. @throws Error with what ipset says */
  #ipset(text: string): void {
    const sets = ipSetsOf(this.#firewall.netns);
    const source = { name: this.#case.name, text: `${text}\n` };
    const { changes, problems } = parseIpsetRestore(source, { known: sets.list() });
    const [problem] = problems;
    if (problem !== undefined) throw new Error(problem.message);
    for (const change of changes) {
      const error = sets.apply(change);
      if (error !== undefined) throw new Error(ipsetErrorText(error, change));
    }
  }

  /** A command line with the name of its tool. */
  #run(line: string): void {
    const [tool = '', ...args] = shellWords(line);
    if (tool === 'ipset') {
      this.#ipset(args.join(' '));
      return;
    }
    if (tool === 'nfacct') {
      this.#nfacct(args);
      return;
    }
    if (!isXtTool(tool)) throw new Error(`no tool ${tool} here`);
    const current = this.#firewall.engine.list();
    this.#apply(compileLine(args, { family: FAMILY[tool], current }));
  }

  #apply({ batch, diagnostics }: CompiledRestore): void {
    const problem = diagnostics.find(({ severity }) => severity === 'error');
    if (problem !== undefined) throw new Error(`${problem.code}: ${problem.message}`);
    this.#firewall.apply(batch);
  }

  /** @throws when the language or the engine refuses it */
  #change(text: string): void {
    const current = this.#firewall.engine.list();
    const { batch, diagnostics } = compile(
      { name: this.#case.name, text },
      {
        current,
        symbols: { interfaceIndex: (name) => this.#firewall.netns.devices.byName(name)?.index },
      },
    );
    const problem = diagnostics[0];
    if (problem !== undefined) throw new Error(`${problem.code}: ${problem.message}`);
    this.#firewall.apply(batch);
  }
}

/** What a namespace begins with; a list of rules replaces it. */
const USUAL_RULES = (['ip', 'ip6'] as const).flatMap((family) => [
  { family, priority: 0, table: 'local' },
  { family, priority: 32766, table: 'main' },
  { family, priority: 32767, table: 'default' },
]);

/** A topology of the suite as the stack takes it. */
export function stackConfig(
  topology: Topology,
  sysctl: Readonly<Record<string, number>>,
): StackConfig {
  return {
    interfaces: topology.interfaces.map(({ name, mac, addresses, mtu, bridge, master }) => ({
      name,
      mac,
      addresses,
      mtu: mtu ?? 1500,
      linkLocal: 'none',
      kind: bridge ? 'bridge' : 'veth',
      ...(master === undefined ? {} : { master }),
    })),
    ...(topology.rules === undefined
      ? {}
      : {
          rules: [
            ...topology.rules.map((rule) => ({ family: 'ip' as const, ...rule })),
            ...USUAL_RULES,
          ],
        }),
    routes: topology.routes.map(({ to, via, dev, type, table }) => ({
      to,
      ...(via === undefined ? {} : { via }),
      ...(dev === undefined ? {} : { device: dev }),
      ...(type === undefined ? {} : { type }),
      ...(table === undefined ? {} : { table }),
    })),
    neighbours: topology.interfaces.flatMap(({ name, neighbours, peerMac }) =>
      neighbours.map((one) => {
        const [address = '', mac = peerMac] = one.split(' ');
        return { device: name, address, mac };
      }),
    ),
    sysctl,
  };
}
