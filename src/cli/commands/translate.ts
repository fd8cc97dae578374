import {
  type Leftover,
  leftoverReason,
  type NearRule,
  type TranslatedProgram,
  translateProgram,
} from '../../iptables/index.ts';
import { type Loaded, proveTranslation } from '../../lab/index.ts';
import { isIdentifier } from '../../nft/index.ts';
import type { Paint } from '../../trace/index.ts';
import { type ColourWish, paintFor } from '../colour.ts';
import { EXIT_INPUT, EXIT_OK, Failure, fileFailure } from '../failure.ts';
import type { Host } from '../host.ts';
import { loadRulesets, problemText, type RulesetFiles } from '../load.ts';
import { describedNetwork, interfaceIndexes } from '../network.ts';
import { countBar } from '../progress.ts';
import { comparisonText, exitOf, keep, resultOf, searchOf } from './diff.ts';

export interface TranslateRequest extends RulesetFiles {
  readonly topologies: readonly string[];
  readonly output: string | undefined;
  readonly prove: boolean;
  readonly tries: number | undefined;
  readonly pcap: string | undefined;
  readonly network: string | undefined;
  readonly seed: number;
  readonly counters: boolean;
  /** Rules that nft can say only nearly are written, too. */
  readonly near: boolean;
  readonly json: boolean;
  readonly colour: ColourWish;
}

/** Translates rulesets of iptables to nft's language. */
export async function translate(request: TranslateRequest, host: Host): Promise<number> {
  const paint = paintFor(request.colour, host);
  const loaded = await loadRulesets(request, host, paint);
  if (loaded.program.tables.length === 0) throw new Failure('there is no table to translate');
  const { counters: keepCounters, near } = request;
  const { accounting, sets: ipsets } = loaded;
  const translated = translateProgram(loaded.program, {
    keepCounters,
    near,
    isName: isIdentifier,
    ipsets,
    ...(accounting && { accounting }),
  });
  if (request.strict === true && translated.leftovers.length > 0)
    throw new Failure(`not everything can be carried over\n${told(translated, paint).trimEnd()}`);
  const proof = request.prove ? await proofOf(request, loaded, translated, host) : undefined;
  if (request.json) host.out(`${jsonText(translated, proof)}\n`);
  else await write(request, translated, host);
  if (!request.json) host.err(told(translated, paint));
  if (proof === undefined) return EXIT_OK;
  if (proof.comparison !== undefined) await keep(request, proof.comparison, host);
  return outcome(request, proof, paint, host);
}

type Proof = Awaited<ReturnType<typeof proofOf>>;

async function proofOf(
  request: TranslateRequest,
  { program, accounting, ipsets }: Loaded,
  translated: TranslatedProgram,
  host: Host,
) {
  const { seed } = request;
  const search = searchOf(request.tries);
  const network = await describedNetwork(request, host);
  const bar = await countBar(search.tries, 'conversations', host);
  const options = {
    ...search,
    seed,
    progress: bar.at,
    ...(network === undefined ? {} : { network }),
  };
  const known = interfaceIndexes(network);
  const proof = proveTranslation(program, translated, options, known, {
    ipsets,
    ...(accounting && { accounting }),
  });
  bar.stop();
  return proof;
}

async function write(
  { output }: TranslateRequest,
  { text }: TranslatedProgram,
  host: Host,
): Promise<void> {
  if (output === undefined) return host.out(text);
  try {
    const sink = await host.create(output);
    await sink.write(new TextEncoder().encode(text));
    await sink.close();
  } catch (error) {
    throw fileFailure(output, error);
  }
}

const placeOf = ({ rule, table, chain, index }: Leftover | NearRule): string =>
  rule.source === undefined
    ? `${table} ${chain}, rule ${index + 1}`
    : `${rule.source.file}:${rule.source.line}`;

/** What was not carried over as it was, rule by rule. */
const told = (translated: TranslatedProgram, paint: Paint): string =>
  [
    renamedText(translated, paint),
    ...translated.leftovers.map((one) => leftoverText(one, paint)),
    ...translated.near.map((one) => nearText(one, paint)),
  ].join('');

const renamedText = ({ renamed }: TranslatedProgram, paint: Paint): string =>
  renamed
    .map(({ table, chain, to }) => {
      const head = `${table} ${chain}: ${paint.yellow(paint.bold('renamed:'))}`;
      return `${head} nft can give no chain this name, it is ${to} there\n`;
    })
    .join('');

function leftoverText(one: Leftover, paint: Paint): string {
  const head = `${placeOf(one)}: ${paint.yellow(paint.bold('not carried over:'))}`;
  const lines = [
    `${head} ${one.what.map(leftoverReason).join('; ')}`,
    `       ${one.text}`,
    ...one.near.map((rule) => `       nearly: ${rule} (--near)`),
  ];
  return `${lines.join('\n')}\n`;
}

const nearText = (one: NearRule, paint: Paint): string =>
  `${placeOf(one)}: ${paint.yellow(paint.bold('nearly the same:'))} ${one.differences.join('; ')}\n`;

const jsonText = (translated: TranslatedProgram, proof: Proof | undefined): string =>
  JSON.stringify(
    {
      schema: 'sluice-translate/1',
      nft: translated.text,
      leftovers: translated.leftovers.map((one) => ({
        place: placeOf(one),
        text: one.text,
        what: one.what.map(({ name }) => name),
        why: one.what.map(leftoverReason),
        near: one.near,
      })),
      near: translated.near.map((one) => ({
        place: placeOf(one),
        text: one.text,
        differences: one.differences,
      })),
      renamed: translated.renamed,
      ...(proof === undefined ? {} : { problems: proof.problems }),
      ...(proof?.comparison === undefined ? {} : { proof: resultOf(proof.comparison) }),
    },
    null,
    2,
  );

/** The proof goes to standard error, so that the translation can be piped. */
function outcome(request: TranslateRequest, proof: Proof, paint: Paint, host: Host): number {
  for (const problem of proof.problems) host.err(`${problemText(problem, paint)}\n`);
  if (proof.comparison === undefined) return EXIT_INPUT;
  if (!request.json) {
    const names = { ...request, first: request.rulesets.join(', '), second: 'translation' };
    host.err(comparisonText(proof.comparison, names, paint));
  }
  return exitOf(proof.comparison);
}
