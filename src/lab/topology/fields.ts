// Reading data of unknown shape (a parsed YAML or JSON file): every mistake is told with its path,
// and reading goes on, so that a person sees all of them at once.

export type Plain = Readonly<Record<string, unknown>>;

export const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Collects mistakes. */
export class Problems {
  readonly list: string[] = [];

  add(path: string, what: string): void {
    this.list.push(path === '' ? what : `${path}: ${what}`);
  }
}

/** One object of the file; reads give undefined for what is absent or wrong. */
export class Fields {
  readonly path: string;
  readonly #of: Plain;
  readonly #problems: Problems;
  readonly #asked = new Set<string>();

  constructor(of: Plain, path: string, problems: Problems) {
    this.#of = of;
    this.path = path;
    this.#problems = problems;
  }

  raw(name: string): unknown {
    this.#asked.add(name);
    const value = Object.hasOwn(this.#of, name) ? this.#of[name] : undefined;
    return value === null ? undefined : value;
  }

  /** Present, be it null: what `ip -j` prints for a flag without a value. */
  has(name: string): boolean {
    this.#asked.add(name);
    return Object.hasOwn(this.#of, name);
  }

  #wrong(name: string, wanted: string): undefined {
    this.#problems.add(this.at(name), `should be ${wanted}`);
    return undefined;
  }

  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** Text; a number is taken as it is written (`table: 100`). */
  text(name: string): string | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'string') return value;
    return typeof value === 'number' ? String(value) : this.#wrong(name, 'text');
  }

  number(name: string): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && value !== '' ? Number(value) : value;
    return typeof number === 'number' && Number.isFinite(number)
      ? number
      : this.#wrong(name, 'a number');
  }

  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    return value === undefined || typeof value === 'boolean'
      ? value
      : this.#wrong(name, 'true or false');
  }

  list(name: string): readonly unknown[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    this.#wrong(name, 'a list');
    return [];
  }

  object(name: string): Plain | undefined {
    const value = this.raw(name);
    return value === undefined || isPlain(value) ? value : this.#wrong(name, 'an object');
  }

  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    return words.find((word) => word === value) ?? this.#wrong(name, `one of ${words.join(', ')}`);
  }

  /** Says of every field nobody asked for that it means nothing. */
  finish(): void {
    for (const name of Object.keys(this.#of))
      if (!this.#asked.has(name)) this.#problems.add(this.at(name), 'is not known here');
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The object without its undefined fields, as exact optional properties want it. */
export function defined<T extends object>(fields: T): Partial<Defined<T>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<Defined<T>>;
}
