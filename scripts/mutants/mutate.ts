// One thing of a rule changed at a time: what somebody might mistype, and a proof has to notice.

/** What was changed, for the report. */
export type Change =
  | 'number'
  | 'prefix'
  | 'range end'
  | 'list shortened'
  | 'negation'
  | 'interface'
  | 'address'
  | 'verdict'
  | 'word dropped'
  | 'text'
  | 'rule deleted'
  | 'rules swapped'
  | 'policy'
  | 'comment';

export interface Mutant {
  readonly change: Change;
  readonly text: string;
  /** The option or word that was changed: `--dport`. */
  readonly at: string;
}

interface Word {
  readonly text: string;
  readonly start: number;
}

/** Words apart at blanks; what is quoted is one. */
function wordsOf(rule: string): Word[] {
  return [...rule.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|\S+/g)].map((m) => ({
    text: m[0],
    start: m.index,
  }));
}

const VERDICTS: readonly (readonly [RegExp, string])[] = [
  [/^ACCEPT$/, 'DROP'],
  [/^DROP$/, 'ACCEPT'],
  [/^RETURN$/, 'DROP'],
  [/^accept$/, 'drop'],
  [/^drop$/, 'accept'],
];

/** Words that are names of interfaces where they stand. */
const NAMES_INTERFACE =
  /^(-i|-o|--in-interface|--out-interface|--logical-in|--logical-out|--physdev-in|--physdev-out|iif|oif|iifname|oifname|--rateest)$/;
const IS_COMMENT = /^(--comment|comment)$/;

const around = (digits: string): string[] => {
  const isHex = /^0x/i.test(digits);
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) return [];
  return [value - 1, value + 1]
    .filter((n) => n >= 0)
    .map((n) => (isHex ? `0x${n.toString(16)}` : `${n}`));
};

const NUMBER = /(?<![\w.:])(?:0x[0-9a-f]+|\d+)(?![\w.])(?!:[0-9a-f]*:)/gi;
const LAST_OCTET = /\b(\d+\.\d+\.\d+\.)(\d+)\b/g;
const IPV6_END = /((?:[0-9a-f]{0,4}:){2,7})([0-9a-f]{1,4})\b/gi;

const spliced = (text: string, at: number, old: string, fresh: string): string =>
  text.slice(0, at) + fresh + text.slice(at + old.length);

function numbers(word: string): { change: Change; word: string }[] {
  const found: { change: Change; word: string }[] = [];
  for (const m of word.matchAll(NUMBER)) {
    const before = word[m.index - 1];
    if (before === '.' || word[m.index + m[0].length] === '.') continue;
    const isPrefix = before === '/' && /[.:]/.test(word.slice(0, m.index));
    const inRange =
      before === '-' || before === ':' || /^[-:]/.test(word.slice(m.index + m[0].length));
    const change: Change = isPrefix ? 'prefix' : inRange ? 'range end' : 'number';
    for (const n of around(m[0])) found.push({ change, word: spliced(word, m.index, m[0], n) });
  }
  for (const m of word.matchAll(LAST_OCTET)) {
    const octet = Number(m[2]);
    const fresh = `${m[1]}${octet === 255 ? 254 : octet + 1}`;
    found.push({ change: 'address', word: spliced(word, m.index, m[0], fresh) });
  }
  for (const m of word.matchAll(IPV6_END)) {
    if (
      /^([0-9a-f]{2}:){5}$/i.test(m[1]!.slice(0, 18)) ||
      (/^\d+$/.test(m[1]!.replace(/:/g, '')) && m[1]!.split(':').length < 3)
    )
      continue;
    const fresh = `${m[1]}${(Number.parseInt(m[2]!, 16) ^ 1).toString(16)}`;
    found.push({ change: 'address', word: spliced(word, m.index, m[0], fresh) });
  }
  return found;
}

function shortened(word: string): string[] {
  if (!word.includes(',')) return [];
  const parts = word.split(',');
  if (parts.some((p) => p === '')) return [];
  return parts.map((_, i) => parts.toSpliced(i, 1).join(','));
}

function ofWord(word: string, previous: string): { change: Change; word: string }[] {
  if (IS_COMMENT.test(previous)) return [{ change: 'comment', word: '"another"' }];
  if (NAMES_INTERFACE.test(previous)) {
    const bare = word.replace(/^"|"$/g, '');
    const quote = word.startsWith('"') ? '"' : '';
    const again = (text: string) => ({
      change: 'interface' as const,
      word: `${quote}${text}${quote}`,
    });
    return [
      again(bare.replace(/[a-z0-9](?=[+*]?$)/i, (c) => (c === 'x' ? 'y' : 'x'))),
      /[+*]$/.test(bare)
        ? again(bare.slice(0, -1))
        : again(`${bare.slice(0, 13)}${quote ? '*' : '+'}`),
    ].filter((m) => !/^"?[+*]?"?$/.test(m.word));
  }
  const verdict = VERDICTS.find(([pattern]) => pattern.test(word));
  if (verdict !== undefined) return [{ change: 'verdict', word: verdict[1] }];
  const isText = /^["']/.test(word) && word.length > 2;
  return [
    ...numbers(word),
    ...shortened(word).map((w) => ({ change: 'list shortened' as const, word: w })),
    ...(isText
      ? [{ change: 'text' as const, word: `${word.slice(0, -2)}~${word.slice(-1)}` }]
      : []),
  ];
}

/** Mutants of one rule, without its `-A CHAIN`. */
export function mutantsOf(rule: string, language: 'iptables' | 'nft'): Mutant[] {
  const words = wordsOf(rule);
  const found: Mutant[] = [];
  let at = '';
  words.forEach(({ text, start }, i) => {
    const previous = words[i - 1]?.text ?? '';
    if (language === 'iptables' ? /^-/.test(text) && !/^-\d/.test(text) : /^[a-z]/.test(text))
      at = text;
    for (const { change, word } of ofWord(
      text,
      previous === '!' ? (words[i - 2]?.text ?? '') : previous,
    ))
      found.push({ change, at, text: spliced(rule, start, text, word) });
    if (language === 'iptables' && text === '!')
      found.push({
        change: 'negation',
        at: words[i + 1]?.text ?? '',
        text: spliced(rule, start, '! ', ''),
      });
    if (
      language === 'iptables' &&
      /^--?[a-z]/i.test(text) &&
      previous !== '!' &&
      !/^-[jgm]$/.test(text)
    )
      found.push({ change: 'negation', at: text, text: spliced(rule, start, '', '! ') });
    if (language === 'nft' && text === '!=')
      found.push({ change: 'negation', at, text: spliced(rule, start, '!= ', '') });
    // An option that takes nothing, or one with what it takes.
    if (language === 'iptables' && /^--/.test(text)) {
      const next = words[i + 1];
      const end =
        next === undefined || /^(-|!)/.test(next.text)
          ? start + text.length
          : next.start + next.text.length;
      const from = previous === '!' ? words[i - 1]!.start : start;
      found.push({
        change: IS_COMMENT.test(text) ? 'comment' : 'word dropped',
        at: text,
        text: rule.slice(0, from) + rule.slice(end),
      });
    }
  });
  const seen = new Set([rule]);
  return found.filter((m) => !seen.has(m.text) && seen.add(m.text));
}
