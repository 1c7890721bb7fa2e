import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { launchUp, runScript, scratch, waitGone } from './support/cluster.ts';
import { waitFor } from './support/wait.ts';
