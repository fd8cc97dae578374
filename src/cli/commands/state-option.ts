import { EXIT_USAGE, Failure } from '../failure.ts';

/**
 * `--state` in front of the words of a program that is stood in for: behind them it may be an option of
 * that program's own.
 * @throws Failure where no file is named
 */
export function takeState(words: readonly string[]): {
  state: string | undefined;
  rest: readonly string[];
} {
  const [first = '', second] = words;
  if (first.startsWith('--state='))
    return { state: first.slice('--state='.length), rest: words.slice(1) };
  if (first !== '--state') return { state: undefined, rest: words };
  if (second === undefined) throw new Failure("option requires an argument -- 'state'", EXIT_USAGE);
  return { state: second, rest: words.slice(2) };
}
