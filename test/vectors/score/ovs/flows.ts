// The flow language of Open vSwitch (ovs-ofctl(8), ovs-actions(7)), as far as the vectors speak it: a
// table, a priority, what must match, and actions.

/** A field that must have a value under a mask; both as they are written. */
export interface Match {
  readonly field: string;
  readonly value: string;
  readonly mask: string | undefined;
}

export interface Action {
  readonly name: string;
  /** What stands in its parentheses or behind its colon. */
  readonly argument: string;
}

export interface Flow {
  readonly table: number;
  readonly priority: number;
  readonly matches: readonly Match[];
  readonly actions: readonly Action[];
}

/** What is asked of a `packet-out`. */
export interface PacketOut {
  readonly inPort: string;
  readonly packet: string;
  readonly actions: readonly Action[];
}

const OPEN = '([{';
const CLOSE = ')]}';

/** Splits at commas and blanks outside of parentheses. @throws where they do not close */
function words(text: string, separators: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let word = '';
  for (const c of text) {
    if (OPEN.includes(c)) depth++;
    if (CLOSE.includes(c)) depth--;
    if (depth === 0 && separators.includes(c)) {
      if (word !== '') found.push(word);
      word = '';
    } else word += c;
  }
  if (depth !== 0) throw new SyntaxError('the vectors cut this flow off');
  if (word !== '') found.push(word);
  return found;
}

/** `ct(commit,zone=5)`, `load:1->NXM_NX_REG0[[]]`, `goto_table:2`, `2`. */
export function parseActions(text: string): readonly Action[] {
  return words(text, ', ').map((word): Action => {
    const paren = /^(\w+)\((.*)\)$/.exec(word);
    if (paren !== null) return { name: paren[1]!, argument: paren[2]! };
    const colon = word.indexOf(':');
    return colon < 0
      ? { name: word, argument: '' }
      : { name: word.slice(0, colon), argument: word.slice(colon + 1) };
  });
}

function parseMatch(word: string): Match {
  const [, field = word, value = '', mask] = /^([^=]+)=([^/]*)(?:\/(.*))?$/.exec(word) ?? [];
  return { field, value, mask };
}

export function parseFlow(line: string): Flow {
  const [, head = '', tail] = /^(.*?)[\s,]*\bactions?=(.*)$/.exec(line.trim()) ?? [];
  if (tail === undefined) throw new SyntaxError(`no flow: ${line}`);
  const matches = words(head, ', ').map(parseMatch);
  const number = (field: string, otherwise: number): number =>
    Number(matches.find((m) => m.field === field)?.value ?? otherwise);
  return {
    table: number('table', 0),
    priority: number('priority', 32768),
    matches: matches.filter(({ field }) => field !== 'table' && field !== 'priority'),
    actions: parseActions(tail),
  };
}

/** `in_port=1 packet=5054… actions=resubmit(,0)`. */
export function parsePacketOut(line: string): PacketOut {
  const [, head = '', tail = ''] = /^(.*?)[\s,]*\bactions=(.*)$/.exec(line.trim()) ?? [];
  const fields = new Map(words(head, ', ').map((w) => w.split('=') as [string, string]));
  return {
    inPort: fields.get('in_port') ?? '0',
    packet: fields.get('packet') ?? '',
    actions: parseActions(tail),
  };
}

/** A parameter list such as that of `ct`: `commit`, `zone=5`, `nat(src=…)`, `exec(…)`. */
export function parseParameters(text: string): Map<string, string> {
  return new Map(
    words(text, ', ').map((word) => {
      const [, name = word, paren, value] = /^(\w+)(?:\((.*)\)|=(.*))?$/.exec(word) ?? [];
      return [name, paren ?? value ?? ''] as const;
    }),
  );
}

/** Lines of an m4 list: comments go, and what brackets or `dnl` continue is put together. */
export function joinLines(lines: readonly string[]): string[] {
  const whole: string[] = [];
  let pending = '';
  for (const raw of lines) {
    const line = raw.trim();
    if (line === '' || line === 'dnl' || line.startsWith('dnl ')) continue;
    const goesOn = line.endsWith('dnl');
    const text = goesOn ? line.slice(0, -3) : line;
    pending += text.startsWith('[') ? text.slice(1, -1) : text;
    if (goesOn) continue;
    whole.push(pending);
    pending = '';
  }
  return whole;
}
