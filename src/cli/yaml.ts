// Loaded only when a topology is not JSON: the parser is larger than all of sluice's own commands.
import { parse } from 'yaml';

/** @throws Error with line and column */
export const parseYaml = (text: string): unknown => parse(text);
