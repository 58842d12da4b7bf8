#!/usr/bin/env node
// The `hall` command. TypeScript runs as it stands from Node 24 on; an older Node hands over to the one that npm brought.
import { runOnNode24 } from './node24.mjs';

await runOnNode24(import.meta.url, './cli.ts');
