#!/usr/bin/env node
// The program is TypeScript and is run as it is; this file only starts it.
import { register } from 'tsx/esm/api';

register();
await import('./cli.ts');
