// What is said to one or more firewalls at once, turn by turn: each hears the same packets.

import { isNotationError, parsePacketNotation } from '../../packet/index.ts';
import { LINKTYPE_ETHERNET } from '../../uapi/index.ts';
import { arrivalFromBytes, arrivalFromFrame } from '../arrival.ts';
import { errorAbout, replyTo, type Turn } from './conversation.ts';
import type { Effect, Side } from './side.ts';

export class Talk {
  readonly sides: readonly Side[];
  /** In the notation; `advance 5s` for time. */
  readonly log: string[] = [];
  packets = 0;

  constructor(sides: readonly Side[]) {
    this.sides = sides;
  }

  /** What a turn does on each side; undefined where nothing was sent. */
  turn(turn: Turn): readonly Effect[] | undefined {
    if (turn.kind === 'advance') return this.say(`advance ${turn.seconds}s`);
    const text = this.#textOf(turn);
    return text === undefined ? undefined : this.say(text);
  }

  #textOf(turn: Exclude<Turn, { kind: 'advance' }>): string | undefined {
    if (turn.kind === 'packet') return turn.text;
    if (turn.kind === 'again') return this.log.findLast((line) => !line.startsWith('advance'));
    const left = this.sides[0]?.out.at(-1);
    if (left === undefined) return undefined;
    return turn.kind === 'reply' ? replyTo(left) : errorAbout(left);
  }

  /** The same by its text. */
  say(text: string): readonly Effect[] | undefined {
    this.log.push(text);
    const time = /^advance (\d+)s$/.exec(text);
    if (time === null) return this.#send(text);
    for (const { clock } of this.sides) clock.advance(Number(time[1]) * 1e9);
    return undefined;
  }

  #send(text: string): readonly Effect[] | undefined {
    const spec = parsePacketNotation(text);
    if (isNotationError(spec)) return undefined;
    const { bytes, linkType, iface, direction, mark = 0 } = spec;
    const arrival =
      linkType === LINKTYPE_ETHERNET ? arrivalFromFrame(linkType, bytes) : arrivalFromBytes(bytes);
    if (typeof arrival === 'string') return undefined;
    this.packets++;
    return this.sides.map((side) => {
      const from = direction === 'out' ? undefined : side.firewall.deviceFor(arrival, iface);
      return side.send(arrival, from, mark);
    });
  }

  /** How much was met on any side. */
  get met(): number {
    return this.sides.reduce((sum, { coverage }) => sum + coverage.branches.size, 0);
  }

  forget(): void {
    for (const side of this.sides) side.forget();
    this.log.length = 0;
  }
}
