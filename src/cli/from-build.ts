#!/usr/bin/env node
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBuilt } from './built.ts';

const { command } = loadBuilt(dirname(fileURLToPath(import.meta.url)));
await command.main(process.argv.slice(2), (specifier) => import(specifier));
