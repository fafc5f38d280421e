import { marginalTable, marginalValues } from './populations.ts';

/** `npm run bench:populations DIR…`: what each plugin is worth by population, as the table of docs/populations.md. */
const dirs = process.argv.slice(2);
if (dirs.length === 0) {
  console.error('usage: npm run bench:populations DIR…, where `lab run` of a population in mode each wrote to');
  process.exit(2);
}
console.log(marginalTable(await Promise.all(dirs.map((dir) => marginalValues(dir)))));
