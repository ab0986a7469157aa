#!/usr/bin/env node
// The program, for npm to link: it stands here before the first build, so that a fresh clone has the command as well.
import '../dist/cli/main.js';
