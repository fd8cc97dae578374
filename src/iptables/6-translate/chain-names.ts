// Chains whose names nft's language cannot say: its keywords, and names with other signs in them.

/** What such chains are called in the translation; the others keep their names. */
export function chainNames(
  names: readonly string[],
  isName: (word: string) => boolean,
): ReadonlyMap<string, string> {
  const taken = new Set(names);
  const given = new Map<string, string>();
  for (const name of names) {
    if (isName(name)) continue;
    const to = firstFree(`chain_${name.replace(/[^\w./-]/g, '_')}`, taken);
    taken.add(to);
    given.set(name, to);
  }
  return given;
}

function firstFree(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name}_${n}`;
  return free;
}
