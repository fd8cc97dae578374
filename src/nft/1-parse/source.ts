/**
 * Where included files come from. The parser itself knows no file system: the command line hands
 * in one that reads the disk, tests and browsers one that reads a table.
 */
export interface SourceLoader {
  /**
   * The names a pattern stands for (`*`, `?`, `[...]` as in glob(7)), sorted; files only. A path
   * without such characters gives itself if it is a readable file, else nothing.
   */
  glob(pattern: string): readonly string[];
  /** The text of a file that `glob` named, or undefined if it cannot be read. */
  read(path: string): string | undefined;
}

/** A loader over a table from path to text. */
export function memoryLoader(files: Readonly<Record<string, string>>): SourceLoader {
  return {
    glob: (pattern) => {
      const matches = globPattern(pattern);
      return Object.keys(files).filter(matches).sort();
    },
    read: (path) => files[path],
  };
}

const isWild = (pattern: string): boolean => /[*?[]/.test(pattern);

/** Tells whether a path matches a glob(7) pattern; `*` and `?` do not match a slash. */
export function globPattern(pattern: string): (path: string) => boolean {
  if (!isWild(pattern)) return (path) => path === pattern;
  const parts = pattern.match(/\[[!^]?\]?[^\]]*\]|[\s\S]/g) ?? [];
  const regex = new RegExp(`^${parts.map(partToRegex).join('')}$`);
  return (path) => regex.test(path);
}

function partToRegex(part: string): string {
  if (part === '*') return '[^/]*';
  if (part === '?') return '[^/]';
  if (part.length === 1) return part.replace(/[\\^$.|+()[\]{}*?]/g, '\\$&');
  const negated = /^\[[!^]/.test(part);
  const body = part.slice(negated ? 2 : 1, -1).replace(/[\\\]^[]/g, '\\$&');
  return `(?!/)[${negated ? '^' : ''}${body}]`;
}

/**
 * The patterns an include stands for, in the order they are tried: as written if it starts with a
 * slash or a dot, else below each directory of the search path (nft's -I).
 */
export function candidates(path: string, searchPath: readonly string[]): readonly string[] {
  if (path.startsWith('/') || path.startsWith('.')) return [path];
  return searchPath.map((dir) => `${dir.replace(/\/+$/, '')}/${path}`);
}

/** Files of an include, or undefined if it names one that is not there; a glob may match nothing. */
export function findIncluded(
  path: string,
  searchPath: readonly string[],
  loader: SourceLoader,
): readonly string[] | undefined {
  for (const pattern of candidates(path, searchPath)) {
    const found = loader.glob(pattern);
    if (found.length > 0) return found;
  }
  return isWild(path) ? [] : undefined;
}
