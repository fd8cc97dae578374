export { installNeeds as default } from './needs.ts';
