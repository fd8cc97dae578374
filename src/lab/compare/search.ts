// Looks for packets that meet every rule of two rulesets: by what rules want, by what came of the
// packets before, and by chance that repeats.

import type { Random } from '../../core/index.ts';
import type { Turn } from './conversation.ts';
import { type Draft, granted, notationOfDraft, pick, plainDraft } from './draft.ts';
import type { Places } from './network.ts';
import { type Coverage, placeOfRule } from './side.ts';
import type { Goal, Wish } from './wish.ts';

/** Bits of `ct state` (include/uapi/linux/netfilter/nf_tables.h, NF_CT_STATE_BIT). */
const STATE_INVALID = 1;
const STATE_ESTABLISHED = 2;
const STATE_RELATED = 4;

/** A rule on one of the two sides. */
export interface Target {
  readonly goal: Goal;
  readonly coverage: Coverage;
}

const place = ({ goal }: Target): string =>
  placeOfRule({
    family: goal.table.family,
    table: goal.table.name,
    chain: goal.chain.name,
    index: goal.index,
  });

const isOpen = (target: Target): boolean => !target.coverage.matched.has(place(target));

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
  #last: Draft | undefined;

  constructor(targets: readonly Target[], places: Places, random: Random) {
    this.#targets = targets;
    this.#open = targets;
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

  #turns(draft: Draft): Turn[] {
    const random = this.#random;
    const first: Turn = { kind: 'packet', text: notationOfDraft(draft) };
    const wantsMore = (draft.state & (STATE_ESTABLISHED | STATE_RELATED)) !== 0;
    if (!wantsMore && random.below(3) > 0) return [first];
    if (draft.state & STATE_INVALID) return [first];
    const opening: Turn =
      draft.protocol === 6
        ? { kind: 'packet', text: notationOfDraft({ ...draft, flags: 2 }) }
        : first;
    const second: Turn =
      draft.state & STATE_RELATED || random.below(6) === 0 ? { kind: 'error' } : { kind: 'reply' };
    const rest: Turn[] = [{ kind: 'again' }, { kind: 'advance', seconds: 1 + random.below(60) }];
    return [opening, second, ...rest.slice(0, random.below(3)), first];
  }
}
