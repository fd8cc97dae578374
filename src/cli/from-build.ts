#!/usr/bin/env node
// Built as CommonJS: Node starts its loader of modules for no one else, which takes 10 ms.
import { BuiltCommand } from './built.ts';

const { main } = new BuiltCommand(`${__dirname}/command`).main;
void main(process.argv.slice(2), (specifier) => import(specifier));
