// The half of the commands of xtables that needs the engine; listings do without, and are faster for it.

export { stepState } from '../../lab/index.ts';
