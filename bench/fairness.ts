import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { AGAIN, Office } from './fairness/office.ts';
import { type Applicant, people, read } from './fairness/people.ts';
import { slips } from './fairness/slips.ts';
import type { Servers } from './peers/servers.ts';
import { withServers } from './with-servers.ts';

// npm run bench:fairness: wrongful exclusion as a number. A synthetic nation on a bad day of the registry: how many of
// the eligible end rejected or undecided through our fault (target 0), how many through a slip of their pen, and who of
// those is won back by rescue and corrections and by registering again; by slip and by province. Exit 1: by our fault.

const { values } = parseArgs({
  options: {
    applicants: { type: 'string', default: '40000' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: '.data/bench/fairness.json' },
  },
});

interface Line {
  slipped: number;
  excluded: number;
  proposed: number;
  rescued: number;
  corrected: number;
  again: number;
}

const PASSED = 'layer3 passed';

async function measure(servers: Servers, dir: string) {
  const nation = join(dir, 'nation');
  mkdirSync(nation);
  const applicants = await people(nation, Number(values.applicants), Number(values.seed));
  const office = new Office(servers, dir, nation);
  await office.open();
  try {
    for (const kind of ['registrations', 'exclusions', 'whitelist', 'otp'])
      await office.run('import', kind, join(nation, `${kind}.csv`));
    await office.run('import', 'email-events', join(nation, 'email-events.ndjson'));
    await office.decide();
    const first = await office.verdicts();
    const verdictOf = (verdicts: Map<string, string>, { right }: Applicant) =>
      verdicts.get(right.registration_id as string) ?? 'lost';
    const wronged = applicants.filter((one) => one.fate === 'untouched' && verdictOf(first, one) !== PASSED);
    const excluded = applicants.filter((one) => slips[one.fate] && verdictOf(first, one) !== PASSED);

    const before = office.calls();
    const file = join(dir, 'proposals.csv');
    await office.run('rescue', 'propose', '--out', file, '--by', 'bench');
    const calls = office.calls() - before;
    const proposals = new Set(read(file).map(({ registration_id }) => registration_id));
    const proposed = excluded.filter(({ right }) => proposals.has(right.registration_id));
    const rights = applicants.filter(({ fate }) => fate === 'right, not in the registry');
    const falseProposals = rights.filter(({ right }) => proposals.has(right.registration_id)).length;

    // Whoever is asked looks and corrects; of the others one in two does when told the reason, one in two registers again.
    await office.correct(proposed, 'rescued');
    const afterRescue = await office.verdicts();
    const rest = excluded.filter((one) => !proposals.has(one.right.registration_id));
    const [correcting, again] = [rest.filter((_, i) => i % 2 === 0), rest.filter((_, i) => i % 2 === 1)];
    await office.correct(correcting, 'corrected');
    await office.registerAgain(again);
    const last = await office.verdicts();

    const lines = new Map<string, Line>();
    const count = (one: Applicant, what: keyof Line) => {
      for (const key of [one.fate, `province ${one.right.province_code}`, 'all slips']) {
        const line = lines.get(key) ?? { slipped: 0, excluded: 0, proposed: 0, rescued: 0, corrected: 0, again: 0 };
        line[what]++;
        lines.set(key, line);
      }
    };
    for (const one of applicants) if (slips[one.fate]) count(one, 'slipped');
    for (const one of excluded) count(one, 'excluded');
    for (const one of proposed) count(one, 'proposed');
    for (const one of proposed) if (verdictOf(afterRescue, one) === PASSED) count(one, 'rescued');
    for (const one of correcting) if (verdictOf(last, one) === PASSED) count(one, 'corrected');
    for (const one of again)
      if (last.get(`${one.right.registration_id}${AGAIN}`) === PASSED || verdictOf(last, one) === PASSED)
        count(one, 'again');
    const reasons = new Map<string, number>();
    for (const one of wronged) reasons.set(verdictOf(first, one), (reasons.get(verdictOf(first, one)) ?? 0) + 1);
    return {
      applicants: applicants.length,
      wronged: wronged.length,
      reasons: Object.fromEntries(reasons),
      rights: rights.length,
      falseProposals,
      calls,
      lines: Object.fromEntries(lines),
    };
  } finally {
    await office.close();
  }
}

function report(found: Awaited<ReturnType<typeof measure>>): boolean {
  const cells = ['slipped', 'excluded', 'proposed', 'rescued', 'corrected', 'again'] as const;
  const row = (name: string, line: Line) =>
    `${name.padEnd(28)}${cells.map((cell) => String(line[cell]).padStart(11)).join('')}`;
  const provinces = Object.entries(found.lines).filter(([name]) => name.startsWith('province'));
  const wonBack = (line: Line) => (line.rescued + line.corrected + line.again) / Math.max(1, line.excluded);
  const worst = provinces.toSorted(([, a], [, b]) => wonBack(a) - wonBack(b)).slice(0, 3);
  const shown = Object.entries(found.lines).filter(([name]) => !name.startsWith('province'));
  process.stdout.write(
    [
      `${''.padEnd(28)}${cells.map((cell) => cell.padStart(11)).join('')}`,
      ...[...shown, ...worst].map(([name, line]) => row(name, line)),
      '"excluded": rejected or waiting for a slip. Then, of these: "proposed" by rescue, "rescued" when they correct it;',
      'of the others one in two is "corrected" by the applicant alone, one in two registers "again".',
      `Through our fault: ${found.wronged} of ${found.applicants} eligible (target 0) ${JSON.stringify(found.reasons)}, though one answer of the registry in ten was bad.`,
      `False proposals: ${found.falseProposals} of ${found.rights} right numbers that the registry does not know (target 0). Look-ups of rescue: ${found.calls}.\n`,
    ].join('\n'),
  );
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify(found, null, 2)}\n`);
  return found.wronged === 0 && found.falseProposals === 0;
}

await withServers('fairness', async (servers, dir) => report(await measure(servers, dir)));
