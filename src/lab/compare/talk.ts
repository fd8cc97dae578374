// What is said to one or more firewalls at once, turn by turn: each hears the same packets.

import { isNotationError, parsePacketNotation } from '../../packet/index.ts';
import { LINKTYPE_ETHERNET } from '../../uapi/index.ts';
import { arrivalFromBytes, arrivalFromFrame } from '../arrival.ts';
import { errorAbout, replyTo, type Turn } from './conversation.ts';
import type { Effect, Side } from './side.ts';

const timeText = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);

export class Talk {
  protected sides: readonly Side[];
  /** In the notation; `advance 5s` for time. */
  readonly log: string[] = [];
  packets = 0;

  constructor(sides: readonly Side[]) {
    this.sides = sides;
  }

  /** What a turn does on each side; undefined where nothing was sent. */
  turn(turn: Turn): readonly Effect[] | undefined {
    if (turn.kind === 'advance') return this.say(`advance ${timeText(turn.ms)}`);
    if (turn.kind === 'until') return this.#until(turn.seconds);
    const text = this.#textOf(turn);
    return text === undefined ? undefined : this.say(text);
  }

  #until(seconds: number): readonly Effect[] | undefined {
    const now = this.sides[0]?.clock.realtime() ?? 0;
    const ms = Math.ceil((seconds - now) * 1000);
    return ms > 0 ? this.say(`advance ${timeText(ms)}`) : undefined;
  }

  #textOf(turn: Exclude<Turn, { kind: 'advance' | 'until' }>): string | undefined {
    if (turn.kind === 'packet') return turn.text;
    if (turn.kind === 'again') return this.log.findLast((line) => !line.startsWith('advance'));
    const left = this.sides[0]?.out.at(-1);
    if (left === undefined) return undefined;
    return turn.kind === 'reply' ? replyTo(left) : errorAbout(left);
  }

  /** The same by its text. */
  say(text: string): readonly Effect[] | undefined {
    this.log.push(text);
    const time = /^advance (\d+)(m?s)$/.exec(text);
    if (time === null) return this.#send(text);
    const ns = Number(time[1]) * (time[2] === 'ms' ? 1e6 : 1e9);
    for (const { clock } of this.sides) clock.advance(ns);
    return undefined;
  }

  #send(text: string): readonly Effect[] | undefined {
    const spec = parsePacketNotation(text);
    if (isNotationError(spec)) return undefined;
    const { bytes, linkType, iface, direction, mark, sender, secpath } = spec;
    const arrival =
      linkType === LINKTYPE_ETHERNET ? arrivalFromFrame(linkType, bytes) : arrivalFromBytes(bytes);
    if (typeof arrival === 'string') return undefined;
    this.packets++;
    const options = {
      ...sender,
      ...(mark !== undefined && { mark }),
      ...(secpath !== undefined && { secpath }),
    };
    return this.sides.map((side) => {
      const from = direction === 'out' ? undefined : side.firewall.deviceFor(arrival, iface);
      return side.send(arrival, from, options);
    });
  }

  /** How much was met on any side. */
  get met(): number {
    return this.sides.reduce((sum, { coverage }) => sum + coverage.met, 0);
  }

  /** Rules evaluated so far on all sides. */
  get work(): number {
    return this.sides.reduce((sum, { coverage }) => sum + coverage.work, 0);
  }

  forget(): void {
    for (const side of this.sides) side.forget();
    this.log.length = 0;
  }
}
