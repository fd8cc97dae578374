// Packets made to meet every rule of one ruleset, for whoever has another netfilter to send them to.

import { seeded } from '../../core/index.ts';
import type { StackConfig } from '../../stack/index.ts';
import { type CompareInput, coverageOf, type RuleCoverage } from './compare.ts';
import { errorAbout, type Left, replyTo, type Turn } from './conversation.ts';
import { goalsOf } from './goals.ts';
import { Places } from './network.ts';
import { Search } from './search.ts';
import { Side } from './side.ts';
import { Talk } from './talk.ts';

export interface PacketsOptions {
  /** Conversations; each is one to five packets. */
  readonly tries: number;
  readonly seed?: number;
  readonly network: StackConfig;
  /** So many are kept whatever they meet, later ones where they meet a rule in a new way; default all. */
  readonly keep?: number;
}

/** A packet as it was sent; what answers another can be made again of what came out elsewhere. */
export interface Said {
  /** In the notation of packets. */
  readonly text: string;
  readonly answers?: (left: Left) => string | undefined;
}

export interface PacketsFor {
  readonly packets: readonly Said[];
  readonly coverage: RuleCoverage;
}

const ANSWERS = { reply: replyTo, error: errorAbout } as const;

const isAnswer = (kind: Turn['kind']): kind is keyof typeof ANSWERS => Object.hasOwn(ANSWERS, kind);

/** Sends what a search makes to a firewall with the ruleset, and tells what was sent. */
export function packetsFor(input: CompareInput, options: PacketsOptions): PacketsFor {
  const { tries, seed = 1, network, keep = tries } = options;
  const goals = goalsOf(input.program);
  const side = new Side(input, network, seed);
  const talk = new Talk([side]);
  const targets = goals.map((goal) => ({ goal, coverage: side.coverage }));
  const search = new Search(targets, new Places(goals, network), seeded(seed + 1));
  const packets: Said[] = [];
  for (let i = 0; i < tries; i++) {
    const met = talk.met;
    const said = search.next().flatMap((turn) => told(talk, turn));
    if (talk.met > met) search.keep();
    if (talk.met > met || i < keep) packets.push(...said);
    talk.forget();
  }
  return { packets, coverage: coverageOf(input.program, goals, side) };
}

function told(talk: Talk, turn: Turn): Said[] {
  const before = talk.packets;
  talk.turn(turn);
  const text = talk.log.at(-1);
  if (talk.packets === before || text === undefined) return [];
  return [{ text, ...(isAnswer(turn.kind) && { answers: ANSWERS[turn.kind] }) }];
}
