// The reference's runner compares sets without regard to order: so do these.

/** Splits at commas outside of braces and quotes. */
function splitElements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '"') quote = !quote;
    if (quote) continue;
    if (c === '{') depth++;
    if (c === '}') depth--;
    if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** The reference's runner takes all blanks out of elements before it compares them. */
const normalElement = (text: string): string => text.replace(/\s+/g, '');

/** A rule with the elements of its sets in order, and blanks as nft prints them today. */
export function normalRule(text: string): string {
  return squeeze(
    text.replace(/\{([^{}]*)\}/g, (_, inner: string) => {
      const elements = splitElements(inner).map(normalElement).sort();
      return `{ ${elements.join(', ')} }`;
    }),
  );
}

/** JSON with keys sorted and the members of every set literal in order. */
export function normalJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalJson);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const normal = normalJson(inner);
    return [key, key === 'set' && Array.isArray(normal) ? sorted(normal) : normal] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

const sorted = (items: readonly unknown[]): unknown[] =>
  [...items].sort((a, b) => {
    const x = JSON.stringify(a);
    const y = JSON.stringify(b);
    return x < y ? -1 : x > y ? 1 : 0;
  });

/**
 * Bytecode to compare: the expressions exactly and in order, the elements of sets in any. The
 * heads of rules and sets carry names of the family the record was made with, and are left out;
 * flags of sets count.
 */
export function normalBytecode(lines: readonly string[]): string {
  const expressions = lines.filter((line) => line.trimStart().startsWith('['));
  const elements = lines
    .filter((line) => line.trimStart().startsWith('element'))
    .map((line) =>
      line
        .split('\t')
        .map(squeeze)
        .filter((text) => text !== '')
        .sort()
        .join(', '),
    );
  return [...elements.sort(), ...expressions.map(squeeze)].join('\n');
}
