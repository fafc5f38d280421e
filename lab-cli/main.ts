#!/usr/bin/env node
import { CommanderError } from 'commander';
import { processConsole } from './console.ts';
import { labProgram } from './program.ts';
import { InputError } from './scenario/problem.ts';

const BAD_INPUT = 2;
const MACHINE_FAILED = 3;

// A reader that has seen enough, such as `head`, is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const console = processConsole();
const program = labProgram(console, (code) => {
  process.exitCode = code;
});
for (const command of [program, ...program.commands]) command.exitOverride();

/** A `ReadRunError` or a `SandboxLost`, told by its code: loading the class here would slow down every other command. */
function hasCode(error: unknown, code: string): error is Error {
  return error instanceof Error && 'code' in error && error.code === code;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : BAD_INPUT;
  else if (error instanceof InputError || hasCode(error, 'run-unreadable') || hasCode(error, 'sandbox-lost')) {
    console.err.write(`${error.message}\n`);
    process.exitCode = hasCode(error, 'sandbox-lost') ? MACHINE_FAILED : BAD_INPUT;
  } else throw error;
}
