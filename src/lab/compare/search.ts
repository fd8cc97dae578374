// Looks for packets that meet every rule of two rulesets: by what rules want, by what came of the
// packets before, and by chance that repeats.

import type { Random } from '../../core/index.ts';
import type { Turn } from './conversation.ts';
import { type Draft, notationOfDraft, pick, plainDraft } from './draft.ts';
import { granted } from './grant.ts';
import type { Places } from './network.ts';
import { type Coverage, placeOfRule } from './side.ts';
import type { Goal, Wish } from './wish.ts';

/** Bits of `ct state` (include/uapi/linux/netfilter/nf_tables.h, NF_CT_STATE_BIT). */
const STATE_INVALID = 1;
const STATE_ESTABLISHED = 2;
const STATE_RELATED = 4;

/** Packets of a conversation that is long, and of all those together. */
const LONG = 40;
const MOST_SPENT = 9000;

/** A rule on one of the two sides. */
export interface Target {
  readonly goal: Goal;
  readonly coverage: Coverage;
  /** Only one of the two rulesets has it. */
  readonly isChanged?: boolean;
}

const place = ({ goal }: Target): string =>
  placeOfRule({
    family: goal.table.family,
    table: goal.table.name,
    chain: goal.chain.name,
    index: goal.index,
  });

const isOpen = (target: Target): boolean => !target.coverage.matched.has(place(target));

/** Families whose rules see packets of one alone. */
const SIX: Readonly<Record<string, boolean>> = { ip: false, ip6: true };

const OTHER_END: Partial<Record<Wish['field'], Wish['field']>> = {
  saddr: 'daddr',
  daddr: 'saddr',
  'ether saddr': 'ether daddr',
  'ether daddr': 'ether saddr',
};

/** What the question has to be like for the answer to be as wished. */
const answered = (wish: Wish): Wish => ({ ...wish, field: OTHER_END[wish.field] ?? wish.field });

export class Search {
  readonly #targets: readonly Target[];
  readonly #places: Places;
  readonly #random: Random;
  /** First turns of conversations that met something new. */
  readonly #corpus: Draft[] = [];
  #open: readonly Target[];
  readonly #changed: readonly Target[];
  #last: Draft | undefined;
  #spent = 0;

  constructor(targets: readonly Target[], places: Places, random: Random) {
    this.#targets = targets;
    this.#open = targets;
    this.#changed = targets.filter((t) => t.isChanged === true);
    this.#places = places;
    this.#random = random;
  }

  /** The next conversation to try. */
  next(): readonly Turn[] {
    const target = this.#target();
    const draft = this.#draft(target);
    this.#last = draft;
    return this.#turns(draft);
  }

  /** Keeps what the last conversation began with: it met something new. */
  keep(): void {
    if (this.#last !== undefined) this.#corpus.push(this.#last);
  }

  #target(): Target | undefined {
    const random = this.#random;
    if (this.#changed.length > 0 && random.below(4) > 0) return pick(random, this.#changed);
    if (random.below(8) === 0) this.#open = this.#targets.filter(isOpen);
    const open = this.#open.length > 0 && random.below(4) > 0 ? this.#open : this.#targets;
    return pick(random, open);
  }

  #draft(target: Target | undefined): Draft {
    const random = this.#random;
    const known = random.below(4) === 0 ? pick(random, this.#corpus) : undefined;
    let draft =
      known ??
      plainDraft(random, this.#places, {
        hook: target?.goal.hook,
        isArp: target?.goal.table.family === 'arp',
        six: SIX[target?.goal.table.family ?? ''],
      });
    if (target === undefined) return draft;
    const { through, wishes } = target.goal;
    // One wish in a while is just missed, so that its edge is seen from outside.
    const missed = random.below(3) === 0 ? random.below(wishes.length + 1) : -1;
    for (const wish of through) draft = this.#grant(draft, wish, true, target.goal);
    wishes.forEach((wish, i) => {
      draft = this.#grant(draft, wish, i !== missed, target.goal);
    });
    return draft;
  }

  #grant(draft: Draft, asked: Wish, inside: boolean, { table, hook }: Goal): Draft {
    const wish = table.family === 'arp' && hook === 'output' ? answered(asked) : asked;
    return granted(draft, wish, inside, this.#random, this.#places);
  }

  /** Long conversations are few: what they have shown once they show again. */
  #affordable(again: number): number {
    if (again <= LONG) return again;
    if (this.#spent > MOST_SPENT) return this.#random.below(LONG);
    this.#spent += again;
    return again;
  }

  #turns(draft: Draft): Turn[] {
    const { at, replies = 0, pauses = [], vary = false } = draft.talk;
    const again = this.#affordable(draft.talk.again ?? 0);
    if (at === undefined && again + replies + pauses.length === 0) return this.#few(draft);
    const first = packet(draft);
    const more: Turn[] = Array.from({ length: again }, (_, i) =>
      vary ? packet({ ...draft, sport: (draft.sport + i + 1) & 0xffff }) : { kind: 'again' },
    );
    if (replies > 0 && draft.device === undefined && this.#random.below(2) === 0)
      return [packet(this.#asking(draft)), packet(answering(draft)), ...more];
    const answers: Turn[] = Array.from({ length: replies }, () => ({ kind: 'reply' }));
    const waits: Turn[] = pauses.flatMap((ms) => [{ kind: 'advance', ms }, first]);
    return [
      ...(at === undefined ? [] : [{ kind: 'until', seconds: at } as const]),
      ...(replies > 0 && draft.protocol === 6 ? [packet({ ...draft, flags: 2 })] : [first]),
      ...answers,
      ...(replies > 0 && draft.protocol === 6 ? [packet({ ...draft, flags: 16 })] : []),
      ...more,
      ...waits,
    ];
  }

  /** What somebody outside sends, so that this packet is the firewall's answer. */
  #asking(draft: Draft): Draft {
    const device = this.#places.placeOf(draft.destination);
    const isThere = this.#places.devices.includes(device);
    const asked = {
      ...turned(draft),
      words: {},
      device: isThere ? device : this.#places.devices[0],
    };
    return draft.protocol === 6 ? { ...asked, flags: 2 } : asked;
  }

  /** One packet, or an everyday conversation about it. */
  #few(draft: Draft): Turn[] {
    const random = this.#random;
    const first = packet(draft);
    const wantsMore = (draft.state & (STATE_ESTABLISHED | STATE_RELATED)) !== 0;
    if (!wantsMore && random.below(3) > 0) return [first];
    if (draft.state & STATE_INVALID) return [first];
    const isAnswer = wantsMore && draft.device !== undefined && random.below(2) === 0;
    const begun = isAnswer ? turned(draft) : draft;
    const opening = draft.protocol === 6 ? packet({ ...begun, flags: 2 }) : packet(begun);
    const second: Turn =
      draft.state & STATE_RELATED || random.below(6) === 0 ? { kind: 'error' } : { kind: 'reply' };
    const wait = (1 + random.below(60)) * 1000;
    const rest: Turn[] = [{ kind: 'again' }, { kind: 'advance', ms: wait }];
    const last = isAnswer ? second : first;
    return [opening, second, ...rest.slice(0, random.below(3)), last];
  }
}

/** The packet that this one is an answer to, sent by the firewall itself. */
const turned = (d: Draft): Draft => ({
  ...d,
  device: undefined,
  link: undefined,
  source: d.destination,
  destination: d.source,
  sport: d.dport,
  dport: d.sport,
});

const SYN_ACK = 0x12;
const answering = (d: Draft): Draft => (d.protocol === 6 ? { ...d, flags: SYN_ACK } : d);

const packet = (draft: Draft): Turn => ({ kind: 'packet', text: notationOfDraft(draft) });
