import { twoTargetsOf } from './cases/part.ts';

twoTargetsOf('language');
