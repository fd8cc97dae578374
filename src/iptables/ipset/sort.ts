// The order of `-sorted`: by the numbers in the texts, as ipset(8) compares them.

/** strtol(3) with base 16: the number, and where it ends. */
function hexAt(text: string, at: number): { readonly value: number; readonly end: number } {
  const match = /^\s*([+-]?)(?:0x(?=[0-9a-f]))?([0-9a-f]+)/i.exec(text.slice(at, at + 40));
  if (match === null) return { value: 0, end: at };
  const [whole, sign = '', digits = ''] = match;
  const value = Number.parseInt(digits, 16);
  return { value: sign === '-' ? -value : value, end: at + whole.length };
}

function spanOf(text: string, at: number): number {
  let end = at;
  while (end < text.length && text[end] !== ':' && text[end] !== ',') end++;
  return end - at;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface Cursor {
  a: number;
  b: number;
  sign: 1 | -1;
}

/** Texts that begin with no number: protocols, interfaces, names. Undefined where they go on alike. */
function compareWords(a: string, b: string, at: Cursor): number | undefined {
  const n = spanOf(a, at.a);
  const m = spanOf(b, at.b);
  if (n === 0 && m === 0) return byText(a.slice(at.a), b.slice(at.b));
  if (n !== m) return n < m ? -1 : 1;
  const order = byText(a.slice(at.a, at.a + n), b.slice(at.b, at.b + n));
  if (order !== 0) return order;
  at.a += n + 1;
  at.b += n + 1;
  at.sign = 1;
  return undefined;
}

/** One step of the comparison; undefined where it goes on. */
function step(a: string, b: string, at: Cursor): number | undefined {
  const first = hexAt(a, at.a);
  const second = hexAt(b, at.b);
  if (first.end === at.a || second.end === at.b) return compareWords(a, b, at);
  if (first.value !== second.value) return at.sign * (first.value - second.value);
  const slashA = a[first.end] === '/';
  const slashB = b[second.end] === '/';
  // The longer prefix comes first, and an address before its networks.
  if (slashA !== slashB) return slashA ? 1 : -1;
  if (slashA) at.sign = -1;
  at.a = first.end + 1;
  at.b = second.end + 1;
  return compareColons(a, b, at);
}

/** `::` of IPv6. */
function compareColons(a: string, b: string, at: Cursor): number | undefined {
  const colonA = a[at.a] === ':';
  const colonB = b[at.b] === ':';
  if (colonA && colonB) {
    at.a++;
    at.b++;
  } else if (colonA || colonB) return colonA ? -1 : 1;
  return undefined;
}

export function compareEntries(a: string, b: string): number {
  const at: Cursor = { a: 0, b: 0, sign: 1 };
  while (at.a < a.length && at.b < b.length) {
    const order = step(a, b, at);
    if (order !== undefined) return order;
  }
  return at.a < a.length ? 1 : at.b < b.length ? -1 : 0;
}
