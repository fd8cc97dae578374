// The few checks that shapes of plain data are made of. A check appends to a list of problems and
// never throws, so that one reading of a state file reports everything that is wrong with it.

/** What is wrong, and where: `tables[0].chains[2].rules[5].exprs[1].len`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

export type Check = (value: unknown, path: string, problems: Problem[]) => void;

/** One check for every field of T, so that a field added to the type does not stay unchecked. */
export type Fields<T> = { readonly [K in keyof Required<T>]: Check };

const describe = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `${typeof value} ${JSON.stringify(value)}`;
};

const test =
  (want: string, accepts: (value: unknown) => boolean): Check =>
  (value, path, problems) => {
    if (!accepts(value)) {
      problems.push({ path, message: `expected ${want}, got ${describe(value)}` });
    }
  };

export const string = test('a string', (v) => typeof v === 'string');
export const name = test('a name', (v) => typeof v === 'string' && v !== '');
export const boolean = test('true or false', (v) => typeof v === 'boolean');
export const anything: Check = () => {};
export const hex = test('bytes in hex', (v) =>
  typeof v === 'string' && v.length % 2 === 0 && /^[0-9a-f]*$/.test(v));

/** A whole number of at least `min`; counters stay exact up to 2^53. */
export const integer = (min: number, max = Number.MAX_SAFE_INTEGER): Check =>
  test(`a whole number from ${min} to ${max}`, (v) =>
    typeof v === 'number' && Number.isSafeInteger(v) && v >= min && v <= max);

export const count = integer(0);

export const oneOf = (...words: readonly string[]): Check =>
  test(words.map((w) => `'${w}'`).join(' or '), (v) => typeof v === 'string' && words.includes(v));

export const optional =
  (check: Check): Check =>
  (value, path, problems) => {
    if (value !== undefined) check(value, path, problems);
  };

export const list =
  (check: Check): Check =>
  (value, path, problems) => {
    if (!Array.isArray(value)) {
      problems.push({ path, message: `expected a list, got ${describe(value)}` });
      return;
    }
    for (let i = 0; i < value.length; i++) check(value[i], `${path}[${i}]`, problems);
  };

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const field = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

/** An object of exactly these fields: a misspelt one must not pass as an absent one. */
export const object =
  <T>(fields: Fields<T>): Check =>
  (value, path, problems) => {
    if (!isObject(value)) {
      problems.push({ path, message: `expected an object, got ${describe(value)}` });
      return;
    }
    const checks = Object.entries<Check>(fields);
    for (const [key, check] of checks) check(value[key], field(path, key), problems);
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(fields, key)) {
        problems.push({ path: field(path, key), message: 'no such field' });
      }
    }
  };

export const record =
  (check: Check): Check =>
  (value, path, problems) => {
    if (!isObject(value)) {
      problems.push({ path, message: `expected an object, got ${describe(value)}` });
      return;
    }
    for (const [key, item] of Object.entries(value)) check(item, field(path, key), problems);
  };

/** A union told apart by the word in `tag`. */
export const tagged =
  (tag: string, variants: Readonly<Record<string, Check>>): Check =>
  (value, path, problems) => {
    const word = isObject(value) ? value[tag] : undefined;
    if (typeof word !== 'string' || !Object.hasOwn(variants, word)) {
      const message = isObject(value) ? `unknown ${tag} ${describe(word)}` : 'expected an object';
      problems.push({ path: isObject(value) ? field(path, tag) : path, message });
      return;
    }
    variants[word]!(value, path, problems);
  };
